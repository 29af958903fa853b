# Shared by tests/run.sh and tests/check.sh: run named steps, say what was skipped and why.
# With CI=true a missing tool is a failure: there, nothing may be skipped in silence.
failed="" skipped=""

step() { # step NAME COMMAND...: run it, remember a failure, go on
    name=$1; shift
    printf '\n== %s\n' "$name"
    "$@" || failed="$failed\n  failed: $name"
}

needs() { # needs NAME TOOL...: true if every tool is on the PATH
    name=$1; shift
    for tool; do
        command -v "$tool" >/dev/null && continue
        if [ "${CI:-}" = true ]; then failed="$failed\n  failed: $name: $tool is missing"
        else skipped="$skipped\n  skipped: $name: $tool is not installed"; fi
        return 1
    done
}

finish() {
    [ -z "$skipped" ] || printf "\nNot run:$skipped\n"
    if [ -n "$failed" ]; then printf "\nNot well:$failed\n"; exit 1; fi
    printf '\nAll is well.\n'
}
