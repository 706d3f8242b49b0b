"""All files say the same of what to install, and the documents name only what exists."""

import ast
import importlib
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
THE_EIGHT = {
    "jupyterlab",
    "tensorflow",
    "numpy",
    "matplotlib",
    "seaborn",
    "scipy",
    "nbval",
    "jupytext",
}
DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md", "vaelib/**/*.md")
    for path in sorted(ROOT.glob(pattern))
]
LOCKS = {"requirements.lock": EXTRAS["dev"], "requirements-gpu.lock": EXTRAS["dev"] + EXTRAS["gpu"]}


def conda_environment():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    (python,) = (
        entry for entry in dependencies if isinstance(entry, str) and entry.startswith("python=")
    )
    return python, pip


def test_environment_yml_asks_for_what_pyproject_asks_for():
    _, pip = conda_environment()
    asked = {str(Requirement(line)) for line in pip if not line.startswith("-")}
    nbval = {line for line in EXTRAS["dev"] if line.startswith("nbval")}
    assert asked == {str(Requirement(line)) for line in [*PROJECT["dependencies"], *nbval]}
    assert {Requirement(line).name for line in asked} >= THE_EIGHT
    assert "--editable ." in pip


def test_environment_yml_takes_a_python_that_pyproject_allows():
    python, _ = conda_environment()
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(
        python.removeprefix("python=") + ".0"
    )


def locked(name):
    """Versions by package, of the lines that count on this machine."""
    entries = re.findall(
        r"^([\w.-]+)==(\S+)(?: ; ([^\\\n]*))?", (ROOT / name).read_text(), re.MULTILINE
    )
    return {
        canonicalize_name(package): version
        for package, version, marker in entries
        if not marker or Requirement(f"x; {marker}").marker.evaluate(default_environment())
    }


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_every_requirement_in_a_version_that_serves(name):
    versions = locked(name)
    for line in [*PROJECT["dependencies"], *LOCKS[name]]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), line


def test_the_gpu_lock_is_the_other_with_more():
    plain, gpu = locked("requirements.lock"), locked("requirements-gpu.lock")
    assert plain.items() <= gpu.items()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_names_versions_and_hashes_only(name):
    for line in (ROOT / name).read_text().splitlines():
        assert re.fullmatch(
            r"[a-z0-9._-]+==\S+( ; [\w\s.'()=<>!]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        ), line


def test_the_lock_is_what_is_installed():
    for package, wanted in locked("requirements.lock").items():
        assert version(package) == wanted, package


def test_every_package_is_installed_and_no_other():
    existing = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for folder in ("vaelib", "course")
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(PYPROJECT["tool"]["setuptools"]["packages"]) == existing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_links_to_files_and_names_commands_that_exist(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_in_a_document_imports_what_exists(path):
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    for node in ast.walk(ast.parse("\n".join(blocks))):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


def test_the_readme_lists_every_chapter_and_both_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        assert f"notebooks/{path.name}" in readme
    assert {"lab", "test"} <= set(re.findall(r"\bmake ([a-z-]+)", readme))


def workflows():
    return [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
    ]


def test_workflows_run_only_commands_that_exist_and_actions_of_a_named_version():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = [step for flow in workflows() for job in flow["jobs"].values() for step in job["steps"]]
    assert {step["run"].split()[1] for step in steps if "run" in step} <= targets
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1")) for step in steps)


def test_the_site_is_published_as_it_is_built():
    (jobs,) = [flow["jobs"] for flow in workflows() if flow["name"] == "pages"]
    build, publish = jobs["build"], jobs["publish"]
    assert {"run": "make site"} in build["steps"]
    (upload,) = [step for step in build["steps"] if "upload-pages" in step.get("uses", "")]
    assert upload["with"]["path"] == "site"
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert build["permissions"] == {"contents": "read"}
