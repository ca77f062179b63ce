# make demo         set up, build and answer
# make test         set up, build and run the tests
# make lint         everything that reads the source: formats, types, C, shell, spelling
# make format       format C and Python
# make docs         the documentation as a website, in build/site
# make check        what continuous integration runs; make check-full: nothing of it sampled
# make check-integrations   adapters with the real libraries, all of which it installs
# make library      the C library in build/lib; make install PREFIX=/usr/local DESTDIR=
# make bench        how fast this machine answers
# make soak         load and faults for the HTTP service, MINUTES=30
# make weights      the embedded models, from texts to scores
#
# Needs python3 with venv, a C compiler, and a Python package index. library and install need no
# package index.

PYTHON  ?= python3
VENV    ?= .venv
PREFIX  ?= /usr/local
DESTDIR ?=
MINUTES ?= 30
BIN     := $(VENV)/bin
CORE    := $(shell find include csrc tools -name '*.[ch]' -o -name '*.inc' -o -name 'core.py')
BINDING := $(wildcard bertlite_fast/_*.px?)
PACKAGE := $(wildcard bertlite_fast/*.py bertlite_fast/*/*.py examples/integrations/*.py)
WITH    := $(patsubst tests/integrations/test_%.py,$(VENV)/.with/%,$(wildcard tests/integrations/test_*.py))
# Development dependencies are the groups of pyproject.toml; reading them needs pip 25.1.
PIP     := $(BIN)/python -m pip --disable-pip-version-check install -q

.PHONY: demo test lint format docs check check-full check-integrations library install bench soak weights clean

demo: $(VENV)/.built
	$(BIN)/python examples/demo.py

test: $(VENV)/.built
	$(BIN)/python -m pytest -q

lint: $(VENV)/.lint $(VENV)/.ready
	$(BIN)/python tools/lint.py

format: $(VENV)/.lint
	$(BIN)/python tools/lint.py --fix

docs: $(VENV)/.built $(VENV)/.docs
	$(BIN)/python -m mkdocs build -q --strict

check:
	$(PYTHON) tools/ci.py check

check-full:
	$(PYTHON) tools/ci.py --full check

# Library by library, so that what was interrupted or failed is all that runs again; with -k the
# others run in spite of one that fails. 5: no test ran, as its library has an environment of its own.
check-integrations: $(WITH)

$(VENV)/.with/%: tests/integrations/test_%.py $(VENV)/.built $(VENV)/.integrations $(PACKAGE)
	mkdir -p $(@D)
	BERTLITE_LIBRARIES=all $(BIN)/python -m pytest -q $< || test $$? = 5
	touch $@

library: build/lib/libbertlite.a

build/lib/libbertlite.a: $(CORE)
	$(PYTHON) tools/library.py build --cc "$(CC)" --ar "$(AR)" \
	    --cflags "$(CFLAGS)" --ldflags "$(LDFLAGS)"

install: library
	$(PYTHON) tools/library.py install --prefix "$(PREFIX)" --destdir "$(DESTDIR)"

bench: $(VENV)/.built
	$(BIN)/python bench/latency.py

soak: $(VENV)/.built $(VENV)/.services
	$(BIN)/python bench/soak.py --minutes $(MINUTES)

$(VENV)/.ready: pyproject.toml
	test -e $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) 'pip>=25.1'
	$(PIP) --group test
	touch $@

$(VENV)/.lint $(VENV)/.docs $(VENV)/.services $(VENV)/.integrations: $(VENV)/.ready
	$(PIP) --group $(patsubst .%,%,$(notdir $@))
	touch $@

$(VENV)/.built: $(VENV)/.ready setup.py $(BINDING) $(CORE)
	$(PIP) --no-build-isolation --no-deps -e .
	touch $@

# make weights DATA=folder RUN=folder: the embedded models, from texts to scores
# (training/README.md). About six hours on two cores; an interrupted run continues where it stopped.
weights: $(VENV)/.train
	$(BIN)/python -m training run $(DATA) $(RUN)

$(VENV)/.train: $(VENV)/.built
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[train]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info bertlite_fast/_native.c bertlite_fast/*.so
