# A newcomer's two commands: `make demo` and `make test`. Everything is installed below .venv; see CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Debian and Ubuntu keep a part of Python's venv in a package of its own
VENV_PACKAGE := { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; } || \
	{ echo "Python's venv is missing; as root: apt-get install python3-venv" >&2; exit 1; }

.PHONY: demo test check audit bench lock clean

# what runs; and, on top, what tests, checks and measures
$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pec-ingest needs Python 3.11 or newer")'
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(VENV_PACKAGE)
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	touch $@

demo: $(VENV)/.ready
	$(BIN)/pec-ingest demo $(ARGS)

test: $(VENV)/.ready-dev
	./tests/install-system-parts
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# known holes of the locked libraries; says so where the service cannot be asked
audit: $(VENV)/.ready-dev
	$(BIN)/python -m tests.house.audit

bench: $(VENV)/.ready-dev
	$(BIN)/python -m bench $(ARGS)

lock:
	uv pip compile pyproject.toml --all-extras --universal --generate-hashes --quiet --no-header -o requirements.lock
	uv pip compile pyproject.toml --all-extras --group dev --constraint requirements.lock --universal --generate-hashes --quiet --no-header -o requirements-dev.lock

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
