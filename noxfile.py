"""`make test-all`: the tests on every Python and backend, with the oldest packages and the newest.

A Python that is not on this machine is fetched by uv where that is possible; where it is not, its
session is skipped.
"""

import nox

nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False

NBVAL = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=600")
PYTHONS = ["3.11", "3.12", "3.13"]
# Of the lock alone: it compares what is installed with what the lock says.
WITHOUT_LOCK = ("--deselect", "tests/test_project.py::test_the_lock_is_what_is_installed")


@nox.session(python=PYTHONS)
def locked(session: nox.Session) -> None:
    """The unit tests and the notebooks, with exactly the packages of the lock."""
    session.install("--require-hashes", "-r", "requirements.lock")
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    session.run("python", "-m", "pytest", "tests")
    session.run("python", "-m", "pytest", "notebooks", *NBVAL)


@nox.session(python=PYTHONS[0])
@nox.parametrize("name", ["jax", "torch"])
def backend(session: nox.Session, name: str) -> None:
    """The library on another backend of Keras, and notebook 03, whose assertions must hold there.

    Its stored outputs are TensorFlow's, and not compared. PyTorch brings CUDA with it, 3 GB.
    """
    session.install("--require-hashes", "-r", "requirements.lock")
    session.install("--no-deps", "--require-hashes", "-r", f"requirements-{name}.lock")
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    pytest = ("python", "-m", "pytest")
    session.run(*pytest, "tests/vaelib", "tests/test_many_machines.py", env={"KERAS_BACKEND": name})
    notebook = ("notebooks/03_vae_in_keras.ipynb", "--nbval-lax", *NBVAL[1:])
    session.run(*pytest, *notebook, env={"KERAS_BACKEND": name})


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """The unit tests with the lowest versions that pyproject.toml admits."""
    session.install("--resolution", "lowest-direct", "-e", ".[dev]")
    session.run("python", "-m", "pytest", "tests", *WITHOUT_LOCK)


@nox.session(python=PYTHONS[0], default=False)
def audit(session: nox.Session) -> None:
    """Known weaknesses of the locked packages; an error where their database cannot be reached."""
    session.install("pip-audit")
    session.run(
        "pip-audit", "--requirement", "requirements.lock", "--disable-pip", "--no-deps", "--strict"
    )


@nox.session(python=PYTHONS[-1])
def newest(session: nox.Session) -> None:
    """The unit tests with the newest versions that pyproject.toml admits."""
    session.install("--upgrade", "-e", ".[dev]")
    session.run("python", "-m", "pytest", "tests", *WITHOUT_LOCK)
