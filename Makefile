# Causeway's everyday words. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .clients
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: setup demo test clients faults soak conformance check format run bench clean referee

setup: $(VENV)/ready

$(VENV)/ready: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps -e .
	touch $@

demo: setup
	$(BIN)/causeway demo $(if $(ONCE),--once) $(if $(STORE),--store '$(STORE)')

test: setup
	$(BIN)/pytest

# What is promised of the store, proven under faults: docs/reliability.md. Some minutes.
faults: setup
	CAUSEWAY_FAULTS_SEEDS=$${CAUSEWAY_FAULTS_SEEDS:-100000} $(BIN)/pytest -m 'faults or not faults' tests/faults

# The checker beside HL7's validator (../shared/validator/serve): asks it anew, then compares. Some minutes.
VALIDATOR ?= http://127.0.0.1:4570
referee: setup
	rm -f tests/referee/verdicts.json.gz
	$(BIN)/python tests/referee/record.py $(VALIDATOR)
	$(BIN)/pytest -n 0 tests/referee

# A large hospital's week: hours.
soak: setup
	$(BIN)/causeway bench soak $(if $(COUNT),--count $(COUNT))

# Clients that apps are built on, from PyPI and npm, against a real server; and requests that are made up.
clients: setup $(CLIENTS)/ready
	CAUSEWAY_CLIENTS=$(CLIENTS) $(BIN)/pytest -n 0 tests/clients

$(CLIENTS)/ready: tests/clients/requirements.txt tests/clients/package.json
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/pip install --quiet -r tests/clients/requirements.txt
	cp tests/clients/package.json $(CLIENTS)
	cd $(CLIENTS) && npm install --silent --no-audit --no-fund || rm -rf node_modules # then those tests are skipped
	touch $@

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

run: setup
	$(BIN)/causeway serve

bench: setup
	$(BIN)/causeway bench mllp

conformance: setup
	$(BIN)/python -m tests.conformance $(if $(INFERNO),--inferno '$(INFERNO)') $(if $(PATIENTS),--patients '$(PATIENTS)') \
		$(if $(CHECK),--check)

clean:
	rm -rf $(VENV) $(CLIENTS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
