# `make up` and `make test` work from a fresh clone; everything else is for those who stay longer.
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
# What draws the sample of the tests that sweep: a commit's runs draw the same (decision 41).
SAMPLE ?= $(or $(shell git rev-parse --short=12 HEAD 2>/dev/null),$(shell date -u +%F))
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help up down env engine test test-all test-fast test-sandbox slowest lines site check bench setup guard-fuzz lock schema golden break-glass drill \
    traffic pictures \
    settings alarms-page attacks-page commands-page cuts-page limits-page mutations-page reference policies policies-page \
    review-example scale-page screens upstream upstream-page

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | awk -F: '{printf "  make %-15s %s\n", $$1, $$2}'

up: setup ## from a fresh clone to the pilot cohort in the sandbox
	@$(PY) -m sandbox up

down: ## stop the sandbox; what it holds stays in .sandbox
	@if [ -x $(PY) ]; then $(PY) -m sandbox stop; fi

env: ## print `export` lines: eval "$$(make -s env)"
	@$(PY) -m sandbox env

setup: .venv/.installed ## the Python environment, and `rollout` in .venv/bin

.venv/.installed: requirements-dev.txt
	@echo "installing what the project needs into .venv (once)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, not %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv
	@tools/install.sh requirements-dev.txt
	@ln -sf ../../tools/rollout .venv/bin/rollout
	@touch $@

node_modules/.installed: package-lock.json
	@echo "installing the type checker, the IAM evaluator and a browser into node_modules (once)"
	@npm ci --silent --no-progress
	@touch $@

# Where the stack files are: here, or in the example.
FOLDER ?= $(if $(wildcard Pulumi.$(STACK).yaml),.,examples/acme)

break-glass: setup ## deny a cohort everything, then take it: make break-glass STACK=sandbox COHORT=pilot
	@cd "$(FOLDER)" && "$(CURDIR)/tools/rollout" break-glass --stack "$(STACK)" --cohort "$(COHORT)" \
	    $(if $(FORCE),--whatever-the-file-says --yes) $(if $(YES),--yes)

check: setup node_modules/.installed ## lint, types, and the pages as a site
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@sh tools/types.sh
	@said=$$(PYTHONPATH=. .venv/bin/lint-imports --no-cache) || { echo "$$said"; exit 1; }
	@.venv/bin/zizmor --offline --quiet --no-progress .github/workflows cli/company/template/.github/workflows
	@PYTHON=$(PY) sh tools/site.sh
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows \
	    .github/workflows/*.yml cli/company/template/.github/workflows/*.yml

site: setup ## the pages as a site, in .site
	@PYTHON=$(PY) sh tools/site.sh .site

engine: setup
	@$(PY) -m sandbox.engine.find >/dev/null

# Python's objects in pages of 2 MB, where the system has such: memory that is slow costs less (decision 41).
LARGE_PAGES = PYTHONMALLOC=malloc GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.top_pad=67108864

test: ## lint, types, tests; of those that sweep one case of each kind, which SAMPLE=<what a run said> draws again
	@$(MAKE) --no-print-directory --jobs 2 check engine
	@$(LARGE_PAGES) $(PY) -m pytest --sample "$(SAMPLE)" --numprocesses 4 --dist worksteal --junitxml .test-times.xml

test-all: ## the same, and each case of each sweep, as each night: an hour and more
	@$(MAKE) --no-print-directory --jobs 2 check engine
	@$(LARGE_PAGES) $(PY) -m pytest --numprocesses 4 --dist worksteal --junitxml .test-times.xml

test-fast: setup ## while you work: the tests that start no engine, no client and no browser, and take less than a second
	@$(PY) -m pytest --quiet --sample "$(SAMPLE)" --numprocesses 2 --dist worksteal -m "not engine and not slow"

test-sandbox: setup ## the sandbox's own tests, of which `make test` runs each too
	@$(PY) -m pytest --quiet --numprocesses 2 --dist worksteal sandbox/tests

slowest: setup ## the ten slowest tests of the last `make test`
	@$(PY) -m tests.slowest

lines: setup ## how large the program is, its sandbox, and the tests of each; docs/sandbox.md has the same table
	@$(PY) -m tests.lines

bench: setup ## figures, each beside what it is compared with
	@$(PY) -m tests.bench

drill: setup node_modules/.installed ## every level of a rollback, judged; WAY=identity_center, claude_apps, litellm or machines; drill-report.txt
	@$(PY) -m tests.drill $(or $(WAY),saml)

guard-fuzz: setup ## 5,000 compositions of git commands on real git, before the commit guard: none may bring a key unseen
	@PYTHONPATH=mac $(PY) -m tests.guard.fuzz $(or $(COMPOSITIONS),5000) $(or $(SEED),1)

traffic: setup ## a day of 25 developers through a sandbox of its own, counted twice; REQUESTS=100 each by default
	@$(PY) -m tests.traffic $(or $(REQUESTS),100)

pictures: setup ## draw docs/pictures anew, from a sandbox with two weeks of the pilot; REQUESTS=60 each a day by default
	@$(PY) -m tests.pictures $(or $(REQUESTS),60)

screens: setup node_modules/.installed ## draw the README's screens anew: the report, status, check; REQUESTS=60 each a day
	@$(PY) -m tests.pictures.screens $(or $(REQUESTS),60)

schema: setup ## write stack-file.schema.json anew
	@$(PY) -m cli.pages.schema > stack-file.schema.json

reference: setup ## write docs/stack-file.md anew
	@$(PY) -m cli.pages.reference > docs/stack-file.md

policies: setup ## judge what a stack holds by the policy pack: make policies STACK=sandbox
	@cd "$(FOLDER)" && PYTHON="$(CURDIR)/$(PY)" PYTHONPATH="$(CURDIR)" POLICY_PACK="$(CURDIR)/policies" \
	    "$(CURDIR)/ci/policies" "$(STACK)"

policies-page: setup ## write docs/policies.md anew
	@$(PY) -m policies.catalogue > docs/policies.md

mutations-page: setup ## write docs/mutations.md anew
	@$(PY) -m tests.policies.mutations > docs/mutations.md

commands-page: setup ## write docs/rollout.md anew
	@$(PY) -m cli.pages.commands > docs/rollout.md

cuts-page: setup node_modules/.installed ## write docs/cuts.md anew: each way in which a cut could fail, tried in sandboxes
	@$(PY) -m tests.engine.cuts

upstream-page: setup ## write docs/upstream.md anew
	@$(PY) -m tests.upstream

upstream: setup ## ask each registry what is newer than docs/upstream.md knows of
	@$(PY) -m tests.upstream ask

limits-page: setup ## write docs/limits-and-costs.md anew
	@$(PY) -m tests.costs > docs/limits-and-costs.md

scale-page: setup ## write what breaks first as load grows into docs/usage-and-cost.md, and its picture: minutes of simulation
	@$(PY) -m tests.simulation

size-page: setup ## measure updates of up to 40 cohorts, for docs/limits-and-costs.md and its picture (10 minutes)
	@$(PY) -m tests.bench.size_page
	@$(PY) -m tests.costs > docs/limits-and-costs.md

attacks-page: setup ## write the table in docs/macs.md anew: each attack on the settings, tried on both clients (10 minutes)
	@ATTACKS_PAGE_WRITE=1 $(PY) -m pytest -q tests/client/test_attacks.py

alarms-page: setup ## write docs/alarms.md anew
	@$(PY) -m cli.pages.alarms > docs/alarms.md

review-example: setup ## write docs/review-example.md anew
	@REVIEW_EXAMPLE_WRITE=1 $(PY) -m pytest -q tests/engine/pipeline/test_review.py -k reads_as_in_the_docs

golden: setup ## write the golden files anew, for review
	@$(PY) -m pytest -q tests/golden --golden-write

settings: setup ## write Claude Code's managed settings of a stack's cohorts: make settings STACK=prod SCHEMA=file
	@$(PY) -m cli settings --stack "$(or $(STACK),sandbox)" $(if $(SCHEMA),--schema "$(SCHEMA)")

lock: setup ## resolve the requirement files anew, hashes included
	@sh tools/lock.sh
