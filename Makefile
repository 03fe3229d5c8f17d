# Every command that the README names. Only Python (3.11 to 3.14) and make are needed; the rest is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_WORKERS ?= 2

.PHONY: demo test ui check bench torture simulate fuzz audit mutants cases lock clean
.DEFAULT_GOAL := help

help: ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 18

$(VENV)/.runtime: requirements.lock pyproject.toml
	@echo "Installing into $(VENV) (once; about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 15) else "qbo_pipeline needs Python 3.11 to 3.14, this is " + sys.version.split()[0] + ": name another one, as with PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the tools for tests and checks into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@

demo: $(VENV)/.runtime ## a month of a made-up company and three nights, reconciled; no account, no server
	@$(BIN)/python -m qbo_pipeline demo $(if $(SYSTEM),--system $(SYSTEM)) $(if $(MODE),--mode $(MODE)) $(if $(COMPANY),--company $(COMPANY)) $(if $(WAYS),--ways $(WAYS)) $(if $(NIGHTS),--nights $(NIGHTS))

ui: $(VENV)/.runtime ## the Dagster UI on the demo's instance
	@exec $(BIN)/python -m qbo_pipeline ui

test: $(VENV)/.dev ## the whole test suite
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal

check: $(VENV)/.dev ## format, lint, types, import contract, tests: what CI runs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory test

bench: $(VENV)/.dev ## the benchmarks, as a table
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: duckdb==2.0.1 || true
	@$(BIN)/python -m pytest -n 0 -m benchmark -s qbo_pipeline_tests/benchmarks

torture: $(VENV)/.dev ## the long run of the proofs (hours; the numbers can be set, see CONTRIBUTING.md)
	@QBO_PIPELINE_TORTURE_SEEDS=$${QBO_PIPELINE_TORTURE_SEEDS:-10000000} \
	 QBO_PIPELINE_TORTURE_LIVES=$${QBO_PIPELINE_TORTURE_LIVES:-5000} \
	 QBO_PIPELINE_TORTURE_ROUNDS=$${QBO_PIPELINE_TORTURE_ROUNDS:-200} \
	 QBO_PIPELINE_TORTURE_KILLS=$${QBO_PIPELINE_TORTURE_KILLS:-2000} \
	 QBO_PIPELINE_TORTURE_SOCKETS=$${QBO_PIPELINE_TORTURE_SOCKETS:-50} \
	 $(BIN)/python -m pytest -n $(TEST_WORKERS) -m torture

simulate: $(VENV)/.dev ## both directions at once, in memory: SEEDS=20000 lives under faults, on targets of each set of abilities
	@$(BIN)/python -m qbo_pipeline_tests.returning --seeds $(or $(SEEDS),20000)

fuzz: $(VENV)/.dev ## the fuzzers of what comes from outside, SECONDS=60 each, then many examples of Hypothesis (CONTRIBUTING.md)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: atheris==3.0.0 || true
	@$(BIN)/python -m qbo_pipeline_tests.fuzzing --seconds $(or $(SECONDS),60) || test $$? -eq 3
	@QBO_PIPELINE_FUZZ_EXAMPLES=$${QBO_PIPELINE_FUZZ_EXAMPLES:-100000} \
	 $(BIN)/python -m pytest -n $(TEST_WORKERS) qbo_pipeline_tests/test_hostile_input.py qbo_pipeline_tests/accounting

mutants: $(VENV)/.dev ## mutation testing of one room, ROOM=posting, accounting, reconciliation or inventory, or of one FILE= of it (docs/mutants.md)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check mutmut==3.8.1
	@$(BIN)/python -m qbo_pipeline_tests.mutants $(or $(ROOM),inventory) $(FILE) --show

cases: $(VENV)/.dev ## the cases from practice that lie beside the repository, each judged (QBO_PIPELINE_CASES names their folder)
	@$(BIN)/python -m qbo_pipeline_tests.cases

audit: $(VENV)/.dev ## secrets in every version of every file, and known weaknesses of what the lock files pin (asks the internet)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check detect-secrets==1.5.0 pip-audit==2.10.1
	@$(BIN)/python -m qbo_pipeline_tests.audit

lock: ## pin anew what pyproject.toml allows
	@$(BIN)/pip-compile --quiet --generate-hashes --no-strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml
	@$(BIN)/pip-compile --quiet --generate-hashes --no-strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## remove the environment and the demo
	@rm -rf $(VENV) .demo .mutants
