# The two commands of the README and the commands for development. Needs Python >= 3.11 with venv, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Files run in the order of collection, because otherwise the slowest ones run last.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Where Python may not write byte code, each process that a test starts would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo frontend frontend-packages test test-tools test-postgresql test-long check lint types imports unit postgresql mutants coverage bench docs lock openapi clients node client-tools clean

demo: $(VENV)/runtime.stamp ## Serve a temporary SQLite file with a demo account; PORT=8001 takes another port than 8000.
	@$(BIN)/afterword demo $(if $(PORT),--port $(PORT))

frontend: $(VENV)/runtime.stamp ## Serve the demo account with the example page; needs Node; PORT=5174 takes another port than 5173.
	@$(BIN)/python examples/frontend/run.py $(if $(PORT),--port $(PORT))

test: $(VENV)/dev.stamp ## Run all checks, and the tests that need Python only, on both databases, with few random cases.
	@echo "make test takes about 6 minutes on two cores."
	@began=$$(date +%s) && $(MAKE) --no-print-directory check unit postgresql && seconds=$$(($$(date +%s) - began)) \
		&& echo "make test took $$((seconds / 60)) min $$((seconds % 60)) s."

test-tools: $(VENV)/dev.stamp ## Run the tests that use Chromium or Node, where these are installed.
	$(BIN)/pytest $(PARALLEL) -m "browser or node"

test-postgresql: $(VENV)/dev.stamp ## Run all tests on PostgreSQL that can run there, but for those with random cases.
	$(BIN)/pytest $(PARALLEL) --database postgresql --profile long -m "not drawn"

test-long: $(VENV)/dev.stamp ## Test many random cases, on both databases in turn: MINUTES=10 ROUNDS=2; SEED=7 repeats the same cases.
	$(BIN)/python -m tests.long $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

check: $(VENV)/dev.stamp ## Check format, lint, types and imports, all at the same time.
	@$(MAKE) --no-print-directory -j 3 lint types imports

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

unit: $(VENV)/dev.stamp
	$(BIN)/pytest $(PARALLEL) -m "not browser and not node"

postgresql: $(VENV)/dev.stamp ## Run the tests that can fail on PostgreSQL alone, on a temporary server or AFTERWORD_TEST_DATABASE_URL.
	$(BIN)/pytest $(PARALLEL) --database postgresql

mutants: $(VENV)/dev.stamp ## Run mutation tests of the rules: MUTANTS="--sample 0.5 --seed 1".
	$(BIN)/python -m tests.mutants $(MUTANTS)

coverage: $(VENV)/dev.stamp ## Name the lines of api/ that no test of make test runs; takes twice as long as these.
	@rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest $(PARALLEL) -m "not browser and not node"
	$(BIN)/coverage run -m pytest $(PARALLEL) --database postgresql
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing

bench: $(VENV)/dev.stamp ## Run the benchmarks (needs wrk); BENCH="--quick" only checks that they work.
	$(BIN)/python -m benchmarks.run $(BENCH)

docs: $(VENV)/docs.stamp ## Build a site of the documents in build/site, which loads nothing from other hosts.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --config-file docs/site/mkdocs.yml
	@echo "The site is in build/site. To read it: python3 -m http.server --bind 127.0.0.1 --directory build/site 8100"

openapi: $(VENV)/dev.stamp ## Write the examples and the OpenAPI document.
	$(BIN)/python -m api.capture
	$(BIN)/afterword openapi > openapi/openapi.json

clients: $(VENV)/dev.stamp node client-tools ## Write the generated files of both clients and of the Bruno collection.
	$(BIN)/python clients/generate.py

node: .node/stamp
client-tools: .clients/stamp
frontend-packages: examples/frontend/node_modules/.package-lock.json

.node/stamp: .ci/package.json
	@mkdir -p .node && cp .ci/package.json .node/
	@npm install --prefix .node --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

examples/frontend/node_modules/.package-lock.json: examples/frontend/package-lock.json
	@npm ci --prefix examples/frontend --no-audit --no-fund --loglevel=error
	@touch $@

.clients/stamp: clients/python/requirements.txt
	@$(PYTHON) -m venv .clients
	@.clients/bin/python -m pip --disable-pip-version-check --quiet install -r clients/python/requirements.txt
	@touch $@

lock: ## Update all lock files (needs uv).
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet \
		--no-annotate --custom-compile-command "make lock" --extra postgres pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet \
		--no-annotate --custom-compile-command "make lock" --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet \
		--no-annotate --custom-compile-command "make lock" --group docs -c requirements-dev.lock -o docs/site/requirements.lock

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

$(VENV)/docs.stamp: docs/site/requirements.lock $(VENV)/dev.stamp
	@echo "Setting up the tools for the site in $(VENV) …"
	@$(PIP) install --require-hashes -r docs/site/requirements.lock
	@touch $@

clean:
	rm -rf $(VENV) .node .clients build/site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
