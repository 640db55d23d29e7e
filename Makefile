# make demo and make test do everything on a fresh clone; the virtual environment is made once.
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python from 3.11 to 3.13 that runs.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
STAMP := $(VENV)/.installed
DEMO ?= demo-output
PYTEST_FLAGS ?=
# A process more than processors, for some tests wait, but four at most; WORKERS=0 runs one test after the other.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')

OLDEST := .venv-oldest
OLDEST_TESTS ?= $(addprefix tests/,test_package.py metrics transform importance fields/netcdf fields/zarr \
  archive/test_golden.py archive/test_roundtrip.py archive/test_xarray_backend.py \
  archive/codecs archive/format)

# What drawing and the browser's tests need of the system (Debian, Ubuntu).
SYSTEM := libegl1 libegl-mesa0 libgl1-mesa-dri chromium

.PHONY: help setup system demo kernels checked test test-long test-oldest lint lint-js format docs dist clean

help:
	@echo "make demo    a whole round trip on a simulated vortex, into $(DEMO)/"
	@echo "make test    lint, types, import contracts, tests and docstring examples"
	@echo "make test-long  the slow tests: kills, fuzzing, whole trainings"
	@echo "make test-oldest  some tests beside the oldest dependencies that pyproject.toml admits"
	@echo "make docs    the documentation site, into site/: open site/index.html (its search needs a server: python -m http.server -d site)"
	@echo "make dist    a wheel and a source distribution, into dist/"
	@echo "make lint    ruff, mypy and import-linter alone, and eslint where npm is at hand"
	@echo "make format  rewrite the sources in the house style"
	@echo "make clean   remove the virtual environment and everything built"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found; pass PYTHON=/path/to/python" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,bench,explorer,train]'
	@touch $@

# Installed where that is allowed; where not, the tests that need them are skipped and say so.
system:
	@if ! command -v apt-get >/dev/null || dpkg -s $(SYSTEM) >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ]; then \
	  echo "Some tests of the explorer are skipped without: sudo apt-get install $(SYSTEM)"; exit 0; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	{ apt-get install -qq -y --no-install-recommends $(SYSTEM) || { apt-get update -qq && \
	  apt-get install -qq -y --no-install-recommends $(SYSTEM); }; } >/dev/null 2>&1 \
	|| echo "Could not install $(SYSTEM): some tests of the explorer are skipped"

demo: $(STAMP)
	$(BIN)/idlat demo -o $(DEMO)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory lint-js

# The page's scripts. Where npm is missing, or cannot reach its registry, this says so and goes on.
lint-js:
	@if ! command -v npm >/dev/null; then echo "No npm: the explorer's JavaScript is not linted"; exit 0; fi; \
	if ! test node_modules/.installed -nt package.json; then \
	  npm install --silent --no-audit --no-fund --no-package-lock && touch node_modules/.installed \
	  || { echo "npm cannot install eslint: the explorer's JavaScript is not linted"; exit 0; }; fi; \
	echo "node_modules/.bin/eslint src"; node_modules/.bin/eslint src

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Machine code that several processes of tests would else compile at the same time.
kernels: $(STAMP)
	$(BIN)/python scripts/compile_kernels.py

# Beside each other: each keeps one processor busy.
checked:
	@$(MAKE) --no-print-directory -j2 lint kernels

test: checked system
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not network and not slow' $(PYTEST_FLAGS)

# Kills, fuzzing and whole trainings: about an hour. Then the properties again, of examples never tried before.
test-long: checked system
	$(BIN)/python -m pytest -m 'slow and not network' $(PYTEST_FLAGS)
	$(BIN)/python -m pytest -n $(WORKERS) -m 'hypothesis and not slow and not network' \
	  --hypothesis-profile new $(PYTEST_FLAGS)

# Each dependency at its lower bound, in an environment of its own (with torch from PyPI some 5 GB).
$(OLDEST)/.installed: pyproject.toml scripts/lowest_versions.py
	rm -rf $(OLDEST)
	$(PYTHON) -m venv $(OLDEST)
	$(PYTHON) scripts/lowest_versions.py explorer train > $(OLDEST)/oldest.txt
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check -c $(OLDEST)/oldest.txt \
	  -e '.[explorer,train]' pytest hypothesis netCDF4 pynrrd SimpleITK
	@touch $@

# Old libraries warn of what has changed since; here warnings are no errors.
test-oldest: $(OLDEST)/.installed
	$(OLDEST)/bin/python -m pytest -W default -m 'not network and not slow and not browser' $(OLDEST_TESTS)

# Strictly: a link that leads nowhere, or a page that no menu has, is an error.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

dist: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --outdir dist

clean:
	rm -rf $(VENV) $(OLDEST) node_modules $(DEMO) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -type d -name __pycache__ -prune -exec rm -rf {} +
