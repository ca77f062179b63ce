# make demo: set up, build and answer.   make test: set up, build and pass the tests.
# Needs python3 with venv, a C compiler, and the Python package index.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
CORE   := $(shell find include csrc tools -name '*.[ch]' -o -name '*.inc' -o -name 'core.py')

.PHONY: demo test lint bench weights clean

demo: $(VENV)/.built
	$(BIN)/python examples/demo.py

test: $(VENV)/.built
	$(BIN)/python -m pytest -q

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.built
	$(BIN)/python bench/latency.py

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check 'setuptools>=77' 'cython>=3.1' pytest numpy safetensors tokenizers ruff mypy
	touch $@

$(VENV)/.built: $(VENV)/.ready setup.py $(wildcard bertlite_fast/_*.px?) $(CORE)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

# make weights DATA=folder RUN=folder: the embedded models, from texts to scores
# (training/README.md). About six hours on two cores; broken off, it goes on where it was.
weights: $(VENV)/.train
	$(BIN)/python -m training run $(DATA) $(RUN)

$(VENV)/.train: $(VENV)/.built
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[train]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info bertlite_fast/_native.c bertlite_fast/*.so
