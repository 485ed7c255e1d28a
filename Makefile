# Two commands do everything on a machine with git, make and Python 3.11 or newer:
#   make demo   set up, then build the course, grade a class of twelve and show the report
#   make test   set up, then lint, type-check and test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= --torch-backend cpu torch

# Some machines switch bytecode caching off; without it every start takes twice as long.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check build validity pacing pytorch lock clean

demo: $(VENV)/ready
	$(BIN)/tito course demo

test: check
	$(BIN)/pytest

check: $(VENV)/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

build: $(VENV)/ready
	$(BIN)/tito course build

# How the notebooks are paced: cell lengths, cells before the first exercise, words between actions.
pacing: $(VENV)/ready
	$(BIN)/python -m gradebook.build.pacing

# The layers beside PyTorch's. Its 200 MB are in a folder of their own: the course doesn't depend on them.
# `TORCH="--find-links FOLDER torch"` takes it from there.
pytorch: $(VENV)/pytorch
	PYTHONPATH=$(VENV)/pytorch $(BIN)/pytest tests/pytorch

# What the checks are worth: mutants of every solution, some minutes; `ALL=--all` also where nothing changed.
validity: $(VENV)/ready
	$(BIN)/python -m gradebook.validity $(ALL)

# The exact versions of everything, for every platform; run after changing a dependency.
lock: $(VENV)/ready
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--all-extras --python-version 3.11 pyproject.toml -o requirements.lock

$(VENV)/pytorch: $(VENV)/ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target $@ $(TORCH)

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: name one with 'make PYTHON=/path/to/python3.12 …'" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache
