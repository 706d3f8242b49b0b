# The course, from a fresh clone: `make lab` to read it, `make test` to check it.
#
# PYTHON=python3.12   which Python .venv is made from (otherwise the first suitable one on the PATH)
# GPU=1               also install what an NVIDIA card needs (Linux)
# BACKEND=jax         on another backend of Keras, jax or torch (`make lab`, or a test by hand)
# ARTICLE_EPOCHS=1000  for `make bench`: also train the article's recipe in full
# LITERATURE=1        for `make bench`: also log P(X) against a mark from the literature, 55 minutes more
# SESSION=oldest      for `make test-all`: only the sessions so named, such as "locked-3.12" or "oldest newest"
# ONLY=03             for `make course`: only the notebooks whose names begin so

PYTHON ?=
GPU ?=
ONLY ?=
ARTICLE_EPOCHS ?= 0
LITERATURE ?=
VENV_PYTHON = .venv/bin/python
BACKEND ?=
ON = $(if $(BACKEND),sh tools/backend.sh $(BACKEND))
RUN = $(ON) sh tools/run.sh
SESSION ?=

.PHONY: help lab trust setup check test test-fast test-all course site bench lock format
.DEFAULT_GOAL := help

help:
	@echo "make lab      open the course in JupyterLab"
	@echo "make trust    let what the notebooks store move in JupyterLab before you run them (you trust this course)"
	@echo "make test     run everything that CI runs"
	@echo "make test-fast  the same without what is slow: no browser, no server, no faults, no notebooks"
	@echo "make test-all test on every Python, and with the oldest and the newest packages (an hour)"
	@echo "make course   re-run every notebook in place, in order, and renew the README's pictures"
	@echo "make site     make the course into web pages, in site/"
	@echo "make bench    measure speed and quality, and write benchmarks/results (five hours)"
	@echo "make setup    only make .venv (the others do it by themselves)"
	@echo "make format   put the code in the one style"
	@echo "make lock     choose the newest versions again and write them to requirements*.lock"

setup:
	@PYTHON="$(PYTHON)" GPU="$(GPU)" sh tools/setup.sh

lab: setup
	@$(ON) sh tools/lab.sh

# Jupyter shows stored scripts, such as the explorer's, only of notebooks that the reader has trusted.
trust: setup
	@$(RUN) -m jupyter trust notebooks/*.ipynb

check: setup
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy

# Test files run side by side. The unit tests alone must cover vaelib; the notebooks come last, and
# with them pytest's closing line.
PYTEST = $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# On JAX, in a minute: the mathematics, a training step, and files that go from one backend to the other.
ON_JAX = tests/vaelib/test_elbo.py tests/vaelib/models/test_saved_before.py tests/vaelib/models/test_other_backends.py

test: check
	$(PYTEST) tests --cov
	sh tools/backend.sh jax sh tools/run.sh -m pytest $(ON_JAX)
	$(PYTEST) notebooks --nbval --nbval-current-env --nbval-cell-timeout=600

test-fast: check
	$(PYTEST) tests -m "not slow"

# The same on every Python and with other packages; noxfile.py says with which. An hour, and 2 GB for each.
test-all: setup
	$(RUN) -m nox $(if $(SESSION),--session $(SESSION))

course: setup
	@$(RUN) tools/rerun.py $(ONLY)
	@$(RUN) tools/thumbnails.py

site: setup
	@$(RUN) tools/site/build.py

bench: setup
	@TF_CPP_MIN_LOG_LEVEL=3 $(RUN) benchmarks/bench.py --article-epochs $(ARTICLE_EPOCHS) \
		$(if $(LITERATURE),--literature)

format: setup
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

LOCK = $(VENV_PYTHON) -m uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade --quiet \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --extra dev

lock: setup
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra gpu --constraint requirements.lock --output-file requirements-gpu.lock
	$(LOCK) --extra jax --constraint requirements.lock --output-file requirements-jax.lock
	$(LOCK) --extra torch --constraint requirements.lock --output-file requirements-torch.lock
	for extra in jax torch; do $(VENV_PYTHON) tools/lock_beyond.py requirements-$$extra.lock; done
