# Two commands do all the set-up on a fresh clone: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
.DEFAULT_GOAL := help

help:            ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/.installed: requirements.lock pyproject.toml
	@scripts/venv.sh "$(PYTHON)" $(VENV) requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@scripts/venv.sh "$(PYTHON)" $(VENV) requirements-dev.lock
	@touch $@

demo: $(VENV)/.installed     ## label a small folder of real pictures, verify it, say where to look
	@$(PY) scripts/demo.py

peers:           ## install the independent programs the tests read our files with (Debian; only what is missing)
	@scripts/peers.sh

test: $(VENV)/.installed-dev peers   ## everything a contributor needs: ruff, mypy, pytest
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.installed-dev peers  ## long measurements; writes docs/tables/
	$(PY) benchmarks/run_all.py

fuzz: $(VENV)/.installed-dev         ## long mutation run over all parsers
	$(PY) benchmarks/fuzz.py

lock:            ## renew both lock files from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q --extra heif --extra audio --group build -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q --extra heif --extra audio --group dev -c requirements.lock -o requirements-dev.lock

clean:           ## remove what the targets made
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help demo peers test bench fuzz lock clean
