# Causeway's everyday words. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: setup demo test faults soak check format run bench clean

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

# A large hospital's week: hours.
soak: setup
	$(BIN)/causeway bench soak $(if $(COUNT),--count $(COUNT))

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

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
