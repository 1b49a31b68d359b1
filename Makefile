# firstminute: everything a developer or an operator types. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
STAMPS := .venv/.stamps
BENCH ?=
SOAK ?= 200
PART ?=
WALKS ?=
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null | sed 's/ /\\ /g')

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt

.PHONY: help install web demo test test-data check format docs pictures tour bench soak clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMPS)/install ## the virtual environment and the command line .venv/bin/firstminute

web: $(STAMPS)/web ## the web page, built only when its sources changed

demo: install web ## everything for a first look: a living city on 127.0.0.1:8135
	@exec $(BIN)/firstminute demo

test: $(STAMPS)/test web ## all tests that need nothing outside this repository
	@$(PYTEST) tests -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore=tests/open_data --ignore=tests/soak

test-data: $(STAMPS)/test ## tests on real open data in ../shared/data, where it is present
	@scripts/test_data.sh $(PYTEST)

check: $(STAMPS)/dev $(STAMPS)/test ## format, lint, types, layers, house rules, documentation, secrets, parts, page types
	@scripts/check.sh

format: $(STAMPS)/dev ## put Python into the house format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix-only -q .

docs: install ## write docs/reference/ anew from the code
	@$(BIN)/python -m scripts.make_reference

pictures: $(STAMPS)/test web ## take the pictures of the page in docs/images anew
	@$(BIN)/python -m scripts.take_pictures

tour: $(STAMPS)/test web ## picture and judge every screen in both languages, light and dark, into docs/tour; some alone with WALKS="desk wall"
	@$(BIN)/python -m scripts.tour $(WALKS)

bench: $(STAMPS)/test ## figures beside peers, into build/bench.json; one alone with BENCH=name
	@$(BIN)/python -m benchmarks $(BENCH)

soak: $(STAMPS)/test web ## one table of kills, power cuts, failing disks, timers, purges, ten times the peak, terminals, histories of the feed, every role, fuzzed readers, seeds: whole at SOAK=200; goes on where it was stopped; one alone with PART=name
	@FIRSTMINUTE_SOAK=$(SOAK) FIRSTMINUTE_SOAK_PART=$(PART) $(PYTEST) tests/soak -q -p no:xdist

clean: ## remove what was built, keep the virtual environment
	@rm -rf build web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache $(STAMPS)/web
	@find src tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} +

# --- what the targets stand on --------------------------------------------------------------------------------------

$(BIN)/python:
	@scripts/make_venv.sh

$(STAMPS)/install: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing firstminute into .venv (the first time takes a minute or two)"
	@$(BIN)/python -m pip install --quiet --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: $(STAMPS)/install scripts/ensure_test_tools.sh
	@echo "installing what tests need"
	@scripts/install_extra.sh test cch
	@scripts/ensure_test_tools.sh
	@touch $@

$(STAMPS)/dev: $(STAMPS)/install
	@echo "installing the checkers"
	@scripts/install_extra.sh dev
	@touch $@

$(STAMPS)/node: web/package.json web/package-lock.json | $(BIN)/python
	@scripts/install_node_modules.sh
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/web: $(STAMPS)/node $(WEB_SOURCES)
	@echo "building the web page"
	@cd web && npm run --silent build
	@touch $@
