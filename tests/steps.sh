# Shared by tests/run.sh and tests/check.sh: run named steps, say what was skipped and why.
# With CI=true a missing tool is a failure: there, nothing may be skipped in silence.
failed="" skipped="" begun=""

step() { # step NAME COMMAND...: run it, remember a failure, go on
    name=$1; shift
    printf '\n== %s\n' "$name"
    since=$(date +%s)
    "$@" || failed="$failed\n  failed: $name"
    printf -- '-- %s s\n' $(($(date +%s) - since))
}

begin() { # begin NAME COMMAND...: a step beside others, until `await` tells what it said
    name=$1; shift
    said=$(mktemp)
    "$@" > "$said" 2>&1 &
    begun="$begun$! $said $name
"
}

await() { # wait for all that has begun, say what each said, remember failures
    while read -r pid said name; do
        [ -n "$pid" ] || continue
        wait "$pid" || failed="$failed\n  failed: $name"
        printf '\n== %s\n' "$name"
        cat "$said"; rm -f "$said"
    done <<EOT
$begun
EOT
    begun=""
}

abandon() { # when this script is stopped: end what it has begun, which hears no Ctrl-C
    while read -r pid said name; do
        [ -z "$pid" ] || { kill "$pid"; rm -f "$said"; } 2>/dev/null
    done <<EOT
$begun
EOT
    exit 130
}
trap abandon INT TERM

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
