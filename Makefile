# Each target is one line that calls cargo, npm or a script in scripts/.
.PHONY: run test bench fuzz fmt lint build install clean-data help

help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: ## Install what is missing, build, fill a demonstration city, start, say where to click.
	@scripts/run.sh

test: ## Install what the tests need, and run all of them.
	@scripts/test.sh

bench: ## Measure what the media plane costs, beside the kernel alone and Janus; write docs/benchmarks.
	@scripts/bench.sh

fuzz: ## Throw bytes at every parser, guided by coverage; 10 minutes each.
	@scripts/fuzz.sh

build: ## Build the browser code and the binary.
	@scripts/build.sh

fmt: ## Format the Rust code.
	@cargo fmt --all

lint: ## Format, lints, licences, types: what `make test` checks before the tests.
	@scripts/lint.sh

install: ## Install what `make run` and `make test` need.
	@scripts/install.sh test

clean-data: ## Remove ./data: the demonstration city, its recordings, its keys.
	@scripts/clean-data.sh
