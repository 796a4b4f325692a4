# Penwright: what is done often. `make help` lists it. Plain POSIX make.
.POSIX:
.SUFFIXES:
.PHONY: help author test test-slow lint format wheel lessons docs clean

# Any Python from 3.11 on, as a name or a path: make author PYTHON=python3.13
PYTHON = python3
# How long the author learns, in all: make author FOR=20m
FOR = 5m
# How much it writes in the end.
WORDS = 300

VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt
# A stamp is written when a step of the installation is complete, so that a second run has nothing to do.
STAMPS = $(VENV)/stamps

help:
	@echo 'make author     raise an author on the default books ($(FOR)) and print the page it writes'
	@echo 'make test       lint, types and the fast tests'
	@echo 'make test-slow  the tests that take longer'
	@echo 'make lint       style and types only'
	@echo 'make format     rewrite the sources in the house style'
	@echo 'make wheel      build dist/*.whl'
	@echo 'make lessons    run the lessons, and make their pages and notebooks in docs/lessons/'
	@echo 'make docs       build the documentation into site/'
	@echo 'make clean      remove .venv and everything that was built; runs/ stays'

author: $(STAMPS)/run
	@run=runs/author-$$(date +%Y%m%d-%H%M%S) && \
	$(BIN)/penwright train --default-shelf --for $(FOR) --run "$$run" && \
	$(BIN)/penwright write "$$run" --words $(WORDS) --out "$$run/page.txt" && \
	echo "This page is kept in $$run/page.txt."

test: lint
	@$(BIN)/python -m pytest

test-slow: $(STAMPS)/dev
	@$(BIN)/python -m pytest -m 'slow and not gpu'

lint: $(STAMPS)/dev
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m ruff format --check
	@$(BIN)/python -m mypy

format: $(STAMPS)/dev
	@$(BIN)/python -m ruff check --fix
	@$(BIN)/python -m ruff format

wheel: $(STAMPS)/run
	@rm -rf dist
	@$(BIN)/python -m hatchling build --target wheel

lessons: $(STAMPS)/docs
	@$(BIN)/python docs/make_lessons.py --all

# Of the lessons, only those are run whose pages are missing or old.
docs: $(STAMPS)/docs
	@$(BIN)/python docs/make_lessons.py
	@$(BIN)/python docs/make_api_pages.py
	@$(BIN)/python docs/make_result_pages.py
	@$(BIN)/python -m zensical build --clean --strict
	@$(BIN)/python docs/check_site.py site

clean:
	@rm -rf $(VENV) build dist site docs/lessons docs/api docs/results .cache .pytest_cache .mypy_cache .ruff_cache

# The first Python that is new enough and can make a virtual environment; else one sentence that says what is missing.
$(STAMPS)/venv:
	@found=; \
	for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    version=$$($(PYTHON) --version 2>/dev/null) || version='not installed'; \
	    echo "Penwright needs Python 3.11 or newer; $(PYTHON) is $$version. Install one, or name it: make author PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "$$found comes without its venv module. Install it (Debian and Ubuntu: apt install python3-venv) and try again." >&2; \
	    exit 1; \
	fi; \
	echo "Making $(VENV) with $$found ($$("$$found" --version))"; \
	"$$found" -m venv $(VENV)
	@$(PIP) pip
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/run: $(STAMPS)/venv pyproject.toml constraints.txt
	@echo 'Installing what an author needs (PyTorch is the large part)'
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run
	@echo 'Installing what the tests need'
	@$(PIP) --group dev
	@touch $@

$(STAMPS)/docs: $(STAMPS)/run
	@echo 'Installing what the documentation needs'
	@$(PIP) --group docs
	@touch $@
