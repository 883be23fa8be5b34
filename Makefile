# Everything a person or CI does with Martlet. Each target installs what it needs first.

ROOT ?= Site
PORT ?= 8000

.PHONY: help serve release test sanitize fuzz fuzz-server judges standards differences lint format docs linkage deploy reliability soak load tls micro bench dist size clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

serve: release ## Build and serve the sample site, or another: make serve ROOT=~/somewhere PORT=9000
	@exec "$$(scripts/release.sh --show-bin-path)/martlet" "$(patsubst ~%,$(HOME)%,$(ROOT))" --port "$(PORT)"

release:
	@scripts/setup.sh build
	@scripts/release.sh --product martlet

# Sixteen tests at a time: each is given its turn well within its time limits, on any machine.
test: ## Build and run every test
	@scripts/setup.sh test
	swift build --build-tests
	@rm -rf .build/standards && mkdir -p .build/standards
	MARTLET_RFC_CITATIONS="$(CURDIR)/.build/standards/citations.tsv" swift test --skip-build \
		--experimental-maximum-parallelization-width 16 --event-stream-version 6.3 --event-stream-output-path .build/standards/events.jsonl $(if $(FILTER),--filter '$(FILTER)')

standards: test ## Tie the RFCs' requirements to the tests, in docs/standards; with FILTER=Framing list what these tests cite
	scripts/standards.py $(if $(FILTER),--cited)

differences: ## Who answers what: check Martlet's column; PEERS=all, or nginx,go, asks the other servers again
	@scripts/setup.sh $(if $(PEERS),standards,differences)
	swift build --product DifferentialServer
	python3 Tests/Differential/differences.py "$$(swift build --show-bin-path)/DifferentialServer" $(if $(PEERS),--peers $(PEERS))

sanitize: ## The tests under ThreadSanitizer and AddressSanitizer
	@scripts/setup.sh test
	scripts/sanitize.sh

fuzz: ## Every fuzzer for SECONDS (default 20)
	@scripts/setup.sh build
	scripts/fuzz.sh $(or $(SECONDS),20)

fuzz-server: ## Made, damaged and hostile requests to a live server for SECONDS (default 60)
	@scripts/setup.sh build
	scripts/fuzz-server.sh $(or $(SECONDS),60)

judges: ## What httplint says of pages, files, ranges, errors
	@scripts/setup.sh judges
	scripts/judges.sh

lint: ## Check the layout and style of the sources
	swift format lint --recursive --strict Package.swift Sources Tests Examples Fuzz

format: ## Lay the sources out
	swift format --in-place --recursive Package.swift Sources Tests Examples Fuzz

docs: ## Build the reference with DocC into .build/reference; missing comments and broken links fail
	@scripts/setup.sh docs
	scripts/docs.sh

linkage: ## Show that programs link the C library alone, and that only the argument parser brings Foundation
	@scripts/setup.sh build
	scripts/linkage.sh

deploy: ## Check what deploy/ has: units, balancers, Kubernetes, a Containerfile
	@scripts/setup.sh deploy
	scripts/check-deploy.sh

reliability: ## Restarts, upgrades and faults behind HAProxy, log rotation, full disks; as root
	scripts/check-reliability.sh --seconds 5 --successions 50 || [ $$? = 77 ]
	scripts/check-logs.sh
	scripts/check-failures.sh || [ $$? = 77 ]

soak: ## Mixed load for SECONDS (default 1800): memory and descriptors stay what they were
	scripts/soak.sh $(or $(SECONDS),1800)

load: ## 10,000 idle and 200 slow connections beside a download at full speed
	@scripts/setup.sh test
	scripts/load.sh

tls: ## What testssl.sh, sslscan and a client that breaks the rules find of martlet --tls
	scripts/check-tls.sh

micro: ## Count instructions and allocations against Benchmarks/limits.tsv: CASE=parse,serve-file PROFILE=1 UPDATE=1
	@scripts/setup.sh micro
	scripts/micro.sh

bench: ## Measure against other servers: WORK=hello,file1k PEERS=nginx,go ROUNDS=5 SECONDS=1 SCALE=0
	@scripts/setup.sh bench
	scripts/bench.sh

dist: ## What is shipped, in dist/: an archive, a Debian package, debug information
	@scripts/setup.sh dist
	scripts/dist.sh

size: ## The size of the program with and without Swift's runtime inside
	@scripts/setup.sh build
	scripts/size.sh

clean: ## Remove what was built
	rm -rf .build dist
