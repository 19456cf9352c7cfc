# The two commands of the README, and what they stand on. Needs python3 >= 3.11 with venv, and the package registry.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check unit postgresql bench lock openapi clean

demo: $(VENV)/runtime.stamp ## Start on a throw-away SQLite file with a demo account.
	@$(BIN)/afterword demo

test: $(VENV)/dev.stamp check unit postgresql ## Run everything that continuous integration runs, on both databases.

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/dev.stamp
	$(BIN)/pytest -n 2 --dist loadfile

postgresql: $(VENV)/dev.stamp ## The tests that use a database, on a PostgreSQL started for them (or AFTERWORD_TEST_DATABASE_URL).
	AFTERWORD_CONTRACT_CASES=2 AFTERWORD_EXAMPLES=5 $(BIN)/pytest -n 2 --dist loadfile --database postgresql

bench: $(VENV)/dev.stamp ## Measure speed beside the floor and the usual way (needs wrk); BENCH="--quick" shows that it works.
	$(BIN)/python -m benchmarks.run $(BENCH)

openapi: $(VENV)/dev.stamp ## Write the examples and the published document anew.
	$(BIN)/python -m tests.capture
	$(BIN)/afterword openapi > openapi/openapi.json

lock: ## Renew both lock files (needs uv).
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet \
		--no-annotate --custom-compile-command "make lock" --extra postgres pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet \
		--no-annotate --custom-compile-command "make lock" --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Afterword needs Python 3.11 or newer with venv: set PYTHON=/path/to/python3." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up in $(VENV) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	@echo "Setting up the test tools in $(VENV) …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
