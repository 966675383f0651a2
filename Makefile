# make reports   build what is needed, run every notebook that is due, say where the index is
# make test      build what is needed, run all checks and tests
# make lab       JupyterLab on the notebooks
# make bench     speed and memory as ratios within one run
# make validate  how often estimators are wrong, what gaps, attackers and moved dates do; writes
#                docs/validation.md
# make docs      write docs/api.md and docs/data_dictionary.md anew
# make lock      resolve the pins again

SHELL  := /bin/sh
PYTHON ?= python3
UV     := $(shell command -v uv 2>/dev/null)
ifeq ($(OS),Windows_NT)
BIN    := .venv/Scripts
else
BIN    := .venv/bin
endif
READY  := .venv/.ready
DATA   ?= data/thanet_2021 data/example
RELEASE ?= internal

.PHONY: reports test suite lint lab bench validate docs lock clean

reports: $(READY)
	@$(BIN)/mtf-eval run $(DATA) --release $(RELEASE) --out reports

test: $(READY)
	@$(MAKE) --no-print-directory -j 2 suite lint

suite: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q --durations=20 --durations-min=5

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: $(READY)
	$(BIN)/mtf-eval lab

bench: $(READY)
	$(BIN)/python -m benchmarks.run

validate: $(READY)
	$(BIN)/python benchmarks/validation.py $(if $(ARCHIVE),--archive $(ARCHIVE)) --write docs/validation.md

docs: $(READY)
	$(BIN)/python benchmarks/api.py
	$(BIN)/python -m benchmarks.dictionary

$(READY): requirements.lock pyproject.toml
	@echo "Building the environment in .venv (once; a minute or two) ..."
ifneq ($(UV),)
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet \
		--all-extras --group test pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
