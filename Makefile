# Packet Walk. `make book` and `make test` are all a reader or an author needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SITE   := _build/html
UV     := $(VENV)/lock-tools/bin/uv
PINS    = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --no-header --no-annotate --quiet

.PHONY: help book build serve labs pdf qti kit real kernel test test-guest check refresh proof proof-guest proof-page bench player lock fix clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# --- environment: installed once, again only when what is pinned changes ---------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Packet Walk needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.book: requirements.txt pyproject.toml labs/ipython/ipython_kernel_config.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@mkdir -p $(VENV)/etc/ipython && cp labs/ipython/ipython_kernel_config.py $(VENV)/etc/ipython
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.book
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

player/node_modules/.package-lock.json: player/package-lock.json
	npm ci --prefix player --no-audit --no-fund --loglevel=error
	@touch $@

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json
	npm ci --prefix tests/browser --no-audit --no-fund --loglevel=error
	@touch $@

# --- the book --------------------------------------------------------------------------------

book: build serve ## build the book and serve it on this machine

# Python for the playground's page comes with the player's packages; a book that is built without npm says so there.
build: $(VENV)/.book ## build the book strictly into _build/html
	@! command -v npm >/dev/null || $(MAKE) -s player/node_modules/.package-lock.json || echo "npm failed: the playground has no Python"
	$(BIN)/python book/build.py
	@echo "Built $(SITE)"

serve: $(VENV)/.book ## serve the book as it was last built
	@$(BIN)/python book/serve.py $(SITE)

# --- the real programs: 300 MB in .real, by Go, once -----------------------------------------

real: $(VENV)/.book ## build the real programs of the ground `real`: needs Go, and etcd of apt-real.txt
	@$(BIN)/python -m packetwalk.lab.real.build

# --- the kernel in the page: Debian's for i386, in .kernel, once -----------------------------

kernel: $(VENV)/.book player/node_modules/.package-lock.json ## make the kernel of Prove it here: Debian 12's apt, gcc -m32, Node (apt-kernel.txt); then make book
	@$(BIN)/python -m packetwalk.lab.page.build

# Kernels that no browser shows end after half an hour, and their clusters with them.
LAB ?= 0-meet
labs: $(VENV)/.book ## open a lab in JupyterLab, the first or the one that LAB names: make labs LAB=2-mtu
	@test -f labs/$(LAB)/lab.ipynb || { echo "LAB=$(LAB) is not valid, valid: $(notdir $(patsubst %/lab.ipynb,%,$(wildcard labs/*/lab.ipynb)))"; exit 2; }
	@$(BIN)/jupyter lab labs/$(LAB)/lab.ipynb --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --MappingKernelManager.cull_idle_timeout=1800 --MappingKernelManager.cull_interval=60

pdf: $(VENV)/.dev ## print sheets, handouts and data paths of the built book into _build/pdf (needs Chromium)
	@test -d $(SITE)/print || $(MAKE) -s build
	@$(BIN)/python book/pdf.py

qti: $(VENV)/.book ## write all questions as a package of QTI 2.1 for a learning platform: _build/packet-walk-qti.zip
	@$(BIN)/python book/qti.py

kit: build ## pack book, labs and wheels into one archive for a room without internet
	@$(BIN)/python book/kit.py

# --- proof -----------------------------------------------------------------------------------

test: $(VENV)/.dev ## run every test; what a missing tool prevents is skipped by name
	@tests/run.sh

test-guest: $(VENV)/.dev ## prove in a guest's kernel what this one may lack; slow, needs apt-guest.txt
	$(BIN)/python -m pytest -q tests/guest

check: $(VENV)/.dev ## lint, types, directions of imports, spelling; the player's format, lint, types and bundle
	@tests/check.sh

refresh: $(VENV)/.dev ## rewrite golden walks, notebook outputs, the list of questions and the map of the house; read the diff afterwards
	$(BIN)/python -m tests.refresh
	$(BIN)/python -m tests.refresh_labs
	$(BIN)/python -m tests.refresh_notebooks
	$(BIN)/python -m tests.refresh_questions
	$(BIN)/python -m tests.refresh_map

proof: $(VENV)/.dev ## prove every mode anew, keep matrix and recordings (root)
	$(BIN)/python -m tests.refresh_proof

proof-guest: $(VENV)/.dev ## prove in a guest's kernel anew, keep its results and recordings; then make proof
	$(BIN)/python -m tests.refresh_guest

proof-page: $(VENV)/.dev player/node_modules/.package-lock.json ## prove every mode that it can carry in the page's kernel anew (after make kernel; an hour)
	$(BIN)/python -m packetwalk.lab.page.proving

bench: $(VENV)/.dev ## measure what the book claims about speed
	$(BIN)/python -m benchmarks

# --- upkeep ----------------------------------------------------------------------------------

player: player/node_modules/.package-lock.json ## bundle the player for readers who have no Node
	npm run --prefix player build

lock: ## pin everything anew: for the book, for the tests, for Binder, for the kit
	$(PYTHON) -m venv $(VENV)/lock-tools
	$(VENV)/lock-tools/bin/pip install --quiet "$$(sed -n 's/^lock = \["\(.*\)"\]/\1/p' pyproject.toml)"
	$(PINS) --extra book --upgrade -o requirements.txt
	$(PINS) --extra book --extra dev -c requirements.txt -o requirements-dev.txt
	$(PINS) --extra labs -c requirements.txt -o binder/requirements.txt
	$(PINS) --extra kit -c requirements.txt --generate-hashes -o book/kit-requirements.txt

fix: $(VENV)/.dev ## mend what ruff can mend by itself
	$(BIN)/ruff check --fix .

clean: ## remove what was built; the environment stays
	rm -rf _build
