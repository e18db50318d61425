# `make run` and `make test` bring everything they need, on Debian or Ubuntu with Python 3.11 or newer.

SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test test-pages test-answers test-rest proof check bench peers simulate screenshots pictures lock clean system
.DELETE_ON_ERROR:

run: .venv/run  ## Start Parley at http://localhost:8000 (PORT changes the port).
	@echo "Parley is at http://localhost:$${PORT:-8000}"
	@exec $(BIN)/hypercorn --config config.toml --bind 0.0.0.0:$${PORT:-8000} chat:app

# Three parts side by side, since none of them keeps a core busy all the time.
test: system check  ## Everything that has to be green.
	@$(MAKE) --no-print-directory --jobs --keep-going --output-sync=target test-pages test-answers test-rest

test-pages: TESTS = tests/browser
test-pages: RUN = 0
test-answers: TESTS = tests/actions tests/contract tests/security
test-answers: RUN = 1
test-rest: RUN = 2
test-rest: TESTS = tests --ignore tests/browser --ignore tests/actions --ignore tests/contract --ignore tests/security
test-pages test-answers test-rest:
	@RUN=$(RUN) $(BIN)/python -m pytest $(TESTS)

proof: system  ## The proofs that go a short way in `make test`, all the way.
	PROOF=long $(BIN)/python -m pytest tests/faults tests/actions/test_histories.py tests/store/test_search_load.py

check: .venv/test  ## Style, types, floors and templates: no server needed.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

bench: .venv/test peers  ## What it carries, beside its peers: some 25 minutes. The figures go to build/bench.json.
	$(BIN)/python -m benchmarks --rounds 5 --json build/bench.json

# What cannot be had is told by the run as not run. RUNLEVEL keeps Debian from starting nginx by itself.
peers: .venv/test  ## The programs that it is measured beside, in build/peers.
	@missing=; has() { PATH=$$PATH:/usr/sbin command -v "$$1" >/dev/null; }; \
	has cc || missing+=" gcc libc6-dev"; \
	has npm || missing+=" nodejs npm"; \
	ls /usr/lib/nginx/modules/ngx_nchan_module.so >/dev/null 2>&1 || missing+=" nginx libnginx-mod-nchan"; \
	[ -z "$$missing" ] || { $(SUDO) apt-get update -q && $(subst env ,env RUNLEVEL=1 ,$(APT)) $$missing; } || true
	@[ -x build/peers/bin/python ] || $(PYTHON) -m venv build/peers
	@for package in flask-socketio~=5.7 gevent-websocket~=0.10 socketify==0.0.31; do \
		build/peers/bin/python -m pip install --quiet --disable-pip-version-check $$package || true; done
	@npm install --silent --no-save --prefix build/peers ws@8 || true

simulate: system  ## How far it goes: the model of docs/scaling.md, and the model beside real processes.
	$(BIN)/python -m benchmarks.scale

screenshots: system  ## Pictures of every page, in build/screenshots/.
	$(BIN)/python -m tests.browser.screenshots

pictures: system  ## The pictures of the README, in docs/pictures/.
	$(BIN)/python -m tests.browser.pictures

lock: .venv/bin/pip  ## Take the newest versions that pyproject.toml allows into the lock files.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile $(LOCK) --output-file requirements.txt
	$(BIN)/uv pip compile $(LOCK) --group test --constraint requirements.txt --output-file requirements-test.txt
LOCK := --quiet --no-config --upgrade --universal --python-version 3.11 --generate-hashes --all-extras \
	--default-index https://pypi.org/simple --custom-compile-command "make lock" pyproject.toml

clean:
	rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp is newer than its lock file when everything in it is installed.
.venv/run: requirements.txt | .venv/bin/pip
	$(PIP) -r $<
	@touch $@

.venv/test: requirements-test.txt | .venv/bin/pip
	$(PIP) -r $<
	@touch $@

# Debian keeps the part of Python that makes virtual environments in a package of its own.
.venv/bin/pip:
	@[ -n "$(PYTHON)" ] || { echo "Parley needs Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update -q && \
		$(APT) "$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; }
	$(PYTHON) -m venv --clear .venv

# The servers and browsers that the tests start; what is there already is left alone.
# Ubuntu has no packages of the browsers, so Playwright fetches its own there.
system: .venv/test
	@missing=; has() { command -v "$$1" >/dev/null; }; \
	has redis-server || missing+=" redis-server"; \
	has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=" postgresql"; \
	[ -z "$$missing" ] || { $(SUDO) apt-get update -q && $(APT) $$missing; }
	@{ command -v chromium-headless-shell && command -v firefox-esr; } >/dev/null \
		|| { $(SUDO) apt-get update -q && $(APT) chromium-headless-shell firefox-esr; } \
		|| $(BIN)/playwright install --with-deps chromium firefox
