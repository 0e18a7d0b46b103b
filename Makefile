# Needs Python 3.11 and make, nothing else. Works at any path, blanks included.
# Offline: WHEELHOUSE=<folder of wheels> make run, or UV_OFFLINE=1 make run with a filled uv cache.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
RAPPORT_WORKSPACE ?= workspace
WHEELHOUSE_FLAGS = $(if $(WHEELHOUSE),--no-index --find-links "$(WHEELHOUSE)")
CODE := orchestration ml simulation examples benchmarks tests
SQL := dbt_project/models dbt_project/macros dbt_project/tests

export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false
# Compiled once: without its bytecode a run needs ten CPU seconds more to import what it uses.
export PYTHONDONTWRITEBYTECODE :=

# A moved or copied folder needs its environment again: scripts inside it name the old place.
ifneq ($(shell cat $(INSTALLED) 2>/dev/null),$(shell pwd -P))
.PHONY: $(INSTALLED)
endif

.PHONY: help run test check check-style check-types check-imports check-sql check-rules \
	nightly benchmark dev install lock wheelhouse clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: $(INSTALLED)  ## Install, write a sample company on first use, run the daily job
	$(BIN)/rapport init --example sample --if-missing
	$(BIN)/rapport run
	$(BIN)/rapport score

# The architecture is checked by `make check`, once.
test: $(INSTALLED)  ## Run the tests; what is skipped is listed with its reason
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/architecture

nightly: $(INSTALLED)  ## Run the tests that take minutes
	$(BIN)/python -m pytest -m nightly

benchmark: $(INSTALLED)  ## Measure what loading costs beside bare DuckDB
	$(BIN)/python benchmarks/loader.py

# Two at a time; the one that takes longest, mypy, begins.
check: $(INSTALLED)  ## Style, types, imports, SQL, architecture, portability
	@$(MAKE) --no-print-directory --jobs=2 check-types check-sql check-rules check-style check-imports

check-style: $(INSTALLED)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

check-types: $(INSTALLED)
	$(BIN)/python -m mypy

check-imports: $(INSTALLED)
	$(BIN)/lint-imports

check-sql: $(INSTALLED)
	$(BIN)/python -m sqlfluff lint --disable-progress-bar $(wildcard $(SQL))

check-rules: $(INSTALLED)
	$(BIN)/python -m pytest tests/architecture

dev: $(INSTALLED)  ## Open the Dagster UI over the same definitions
	@mkdir -p "$(RAPPORT_WORKSPACE)/dagster"
	RAPPORT_WORKSPACE="$$(cd "$(RAPPORT_WORKSPACE)" && pwd)" \
	DAGSTER_HOME="$$(cd "$(RAPPORT_WORKSPACE)/dagster" && pwd)" \
	PATH="$(CURDIR)/$(BIN):$$PATH" \
	$(BIN)/python -m dagster dev -m orchestration.definitions

install: $(INSTALLED)  ## Set up .venv from requirements.lock

# uv comes by pip, pinned and hashed by the lock; it then installs everything else in seconds.
$(INSTALLED): requirements.lock pyproject.toml
	@for python in python3.11 python3; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	    break; \
	  fi; \
	  python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'Rapport needs Python 3.11: install it so that python3.11 is on the PATH, then repeat the command.' >&2; \
	  exit 1; \
	fi; \
	if $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && \
	  [ "$$(cat $(INSTALLED) 2>/dev/null || pwd -P)" = "$$(pwd -P)" ]; then \
	  exit 0; \
	fi; \
	if ! "$$python" -m venv --clear $(VENV); then \
	  echo "$$python cannot create a virtual environment: install its venv package, then repeat the command." >&2; \
	  exit 1; \
	fi
	@echo 'Installing the locked dependencies into $(VENV) (about 300 MB, once) ...'
	@sed -n -e '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@{ if [ -n "$$UV_OFFLINE" ] && command -v uv >/dev/null; then \
	  uv=uv && lock=$(VENV)/offline.lock && sed '/^uv==/,/[^\\]$$/d' requirements.lock > $$lock; \
	else \
	  lock=requirements.lock && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	    $(WHEELHOUSE_FLAGS) --requirement $(VENV)/uv.lock && uv="$(BIN)/python -m uv"; \
	fi && \
	$$uv pip sync --python $(VENV) --quiet --require-hashes $(WHEELHOUSE_FLAGS) $$lock && \
	$$uv pip install --python $(VENV) --quiet --no-deps --no-build-isolation --no-index --editable .; \
	} || { \
	  echo 'The installation failed, see above: check the network, or name a folder of wheels with WHEELHOUSE=.' >&2; \
	  exit 1; \
	}
	@pwd -P > $(INSTALLED)

lock: $(INSTALLED)  ## Resolve pyproject.toml into requirements.lock again
	$(BIN)/python -m uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet \
	  --custom-compile-command 'make lock' --output-file requirements.lock

wheelhouse: $(INSTALLED)  ## Download every wheel into ./wheelhouse, for machines without a network
	$(BIN)/python -m pip download --disable-pip-version-check --quiet --require-hashes --no-deps \
	  --only-binary :all: --dest wheelhouse --requirement requirements.lock

clean:  ## Remove the environment and caches; never the workspace
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find orchestration ml examples benchmarks tests -name __pycache__ -type d -prune -exec rm -rf {} +
