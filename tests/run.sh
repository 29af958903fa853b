#!/bin/sh
# Every test, from the environment that `make test` has made: model, notebooks, player, built book.
cd "$(dirname "$0")/.." || exit 1
. tests/steps.sh
python=.venv/bin/python

needs "tests that dissect with tshark" tshark || :
step "the model and its recordings" $python -m pytest -q -n 2 --dist loadfile tests \
    --ignore=tests/browser --ignore=tests/book --ignore=tests/guest

# nbval runs each cell again and compares what it prints with what the book shows; labs on the model.
# What they print on other grounds is compared by tests/labs.
export PACKETWALK_GROUND=model
step "notebooks, cell by cell" $python -m pytest -q -n 2 --dist loadfile --nbval --nbval-cell-timeout 120 \
    --nbval-sanitize-with labs/sanitize.cfg \
    -p no:cacheprovider $(find book labs -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')

step "Binder's files and packages" tests/binder/run.sh
if needs "the player's own tests" node npm; then
    step "packages of the player" make -s player/node_modules/.package-lock.json
    step "the player" npm test --prefix player --silent
fi

step "the book, strictly" make -s build
step "the built book: links, anchors, rules of notebooks" $python -m pytest -q tests/book
if needs "the book in a browser" chromium node npm; then
    step "packages of the browser tests" make -s tests/browser/node_modules/.package-lock.json
    step "the book in a browser" $python -m pytest -q -n 2 tests/browser
fi
finish
