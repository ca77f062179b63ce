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

# make weights DATA=folder RUN=folder: the embedded models, from texts to scores (training/README.md). About six hours on two cores;
# broken off, it goes on with pre-training where that was.
TRAIN = $(BIN)/python training/train.py $(DATA) $(RUN)/corpus $(RUN)/teacher $(RUN)/base/encoder.pt $(RUN)
TASKS = vectors intent sentiment emotion pos clinc150 snips hwu_slurp_home_subset
weights: $(VENV)/.built
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[train]'
	test -e $(RUN)/corpus/home.ids || $(BIN)/python training/corpus.py $(DATA) $(RUN)/corpus
	test -e $(RUN)/base/encoder.pt || $(BIN)/python training/pretrain.py $(RUN)/corpus $(RUN)/base
	test -e $(RUN)/teacher/vectors.npy || $(BIN)/python training/teach.py $(DATA) $(RUN)/teacher
	test -e $(RUN)/teacher/silver.npz || $(BIN)/python training/silver.py $(DATA) $(RUN)/teacher
	test -e $(RUN)/teacher/guesses.npz || $(BIN)/python training/guesses.py $(DATA) $(RUN)/corpus $(RUN)/teacher
	$(TRAIN) vectors
	$(TRAIN) together
	$(TRAIN) alone $(TASKS) ner slots qa
	$(TRAIN) alone qa --init qa --steps 7000 --rate 1.2e-3 --dropout 0.05 --made 0.3
	$(TRAIN) again
	$(TRAIN) finish words $(TASKS)
	$(TRAIN) finish slots --steps 8000
	$(TRAIN) finish ner --steps 10000
	$(TRAIN) finish ner --init ner --steps 12000 --mean
	$(TRAIN) finish qa --steps 5000 --rate 1.2e-3 --dropout 0.05 --made 0.3
	$(TRAIN) finish qa --init qa --steps 7000 --rate 1.2e-3 --dropout 0.05 --made 0.3 --mean
	$(TRAIN) finish pos --init pos --steps 10000 --mean
	$(BIN)/python training/export.py $(DATA) $(RUN)
	$(BIN)/python -m bertlite_fast.selftest --write
	$(BIN)/python training/score.py $(DATA) --baselines --card

clean:
	rm -rf $(VENV) build *.egg-info bertlite_fast/_native.c bertlite_fast/*.so
