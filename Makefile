# Needs only python3 (3.11 or newer, with venv) and make.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
WORKERS ?= 2
# Slow tests wait a third of their time: for processes that they kill, for leases, for servers.
SLOW_WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.dev-stamp
RUN := $(VENV)/.run-stamp
# The last installed of the two decides what the editable install was made of.
READY := $(if $(wildcard $(DEV)),$(DEV),$(RUN))
# Code for MySQL runs only where a server is named; there every branch of all must.
COVERED := $(if $(CRMFLOW_TEST_MYSQL),100,97)
OLDEST := $(VENV)/sqlalchemy-2.0
TYPED := $(wildcard src tests benchmarks examples scripts)
# Python compiles what it imports: a fraction of what is installed.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --no-compile --no-deps
PYTEST := $(BIN)/python -m pytest --dist worksteal
FAULTS := tests/faults tests/storage/test_kill.py tests/storage/test_cutting.py \
	tests/engine/test_crashes.py tests/engine/test_worker_processes.py tests/engine/test_worker_laws.py
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-emit-options $(UPGRADE)

.PHONY: help install demo test test-fast test-slow test-oldest lint types format mutants bench soak journals docs lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(DEV): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/dev.txt
	$(INSTALL) --no-build-isolation -e .
	touch $@

$(RUN): requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/run.txt
	$(INSTALL) --no-build-isolation -e .
	touch $@

install: $(DEV) ## build .venv from the hashed lock

demo: $(READY) ## play a customer's life on a virtual clock
	$(BIN)/crmflow demo
	@echo 'For those commands, first: export PATH="$$PWD/$(BIN):$$PATH"'

test: test-fast test-oldest test-slow ## all tests: covered, on the oldest SQLAlchemy, then the slow ones

test-fast: $(DEV) ## tests under branch coverage, 100 % or fail (97 % without MySQL)
	$(PYTEST) -n $(WORKERS) -m "not slow" --cov --cov-report=term-missing:skip-covered --cov-fail-under=$(COVERED)

$(OLDEST): requirements/sqlalchemy-2.0.txt $(DEV)
	$(INSTALL) --require-hashes --upgrade --target $@ -r $<
	touch $@

test-oldest: $(OLDEST) ## the stores again, on the oldest SQLAlchemy there may be
	PYTHONPATH=$(OLDEST) $(PYTEST) -n $(WORKERS) -m "not slow" tests/storage

test-slow: $(DEV) ## pages and examples run whole, crash trials, full differential runs
	$(PYTEST) -n $(SLOW_WORKERS) -m slow

soak: $(DEV) ## faults to survive, for long: kills, restarts, cuts, full disks; with counts
	CRMFLOW_SOAK=1 $(PYTEST) -n $(WORKERS) $(FAULTS)

lint: $(DEV) ## style, format, import floors, declared dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry src

types: $(DEV) ## mypy --strict
	$(BIN)/mypy --strict $(TYPED)

format: $(DEV) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

mutants: $(DEV) ## change core and policies to see whether tests notice (SAMPLE=1000 for an hour, FAMILIES=... for some)
	nice $(BIN)/python -m scripts.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(FAMILIES)

bench: $(DEV) ## measure against rivals
	$(BIN)/python -m benchmarks

journals: $(DEV) ## record journals of machines that have none of their edition, before a release
	$(BIN)/python scripts/record_journals.py

docs: $(DEV) ## build the documentation, warnings are errors
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

lock: $(DEV) ## resolve the locks again (UPGRADE=--upgrade for newer versions)
	$(COMPILE) --build-deps-for editable --extra shipped --extra charts --extra cli --extra crypto --extra log --extra dev --extra docs --extra bench --extra hosts \
		--output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --build-deps-for editable --extra shipped --extra charts --extra cli --extra crypto --extra log --constraint requirements/dev.txt \
		--output-file requirements/run.txt pyproject.toml
	$(COMPILE) --output-file requirements/sqlalchemy-2.0.txt requirements/sqlalchemy-2.0.in

clean: ## remove everything that make can make again
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
