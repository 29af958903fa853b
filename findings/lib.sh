# shellcheck shell=bash
# What all findings do alike: a folder that goes away again, pinned packages, namespaces, the comparison.
# Exit codes: 0 seen as stated, 1 something has changed, 2 it could not be run here.
set -euo pipefail
export LC_ALL=C TZ=UTC PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what="" expected="" # each finding says them
folder="" inside=""
tidy() {
    [ -z "$inside" ] || kill -KILL -- "-$inside" 2>/dev/null || true
    [ -z "$folder" ] || { chmod -R u+w "$folder" && rm -rf "$folder"; }
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
folder=$(mktemp -d -t finding.XXXXXX)
export folder here PYTHONPATH="$here"
cd "$folder"

cannot() {
    echo "${0##*/}: cannot be run here: $*" >&2
    exit 2
}

# debian TOOL...: the packages that debian.lock has for these tools, unpacked into the folder; none is installed.
debian() {
    [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || cannot "it needs apt-get and dpkg of an amd64 Debian"
    local wanted=" $* " name version sum tools tool packages=() sums=() deb lib
    while read -r name version sum tools; do
        for tool in ${tools//,/ }; do
            case $wanted in *" $tool "*)
                packages+=("$name=$version")
                sums+=("$sum  ${name}_${version//:/%3a}_amd64.deb")
                break
                ;;
            esac
        done
    done < <(grep -v '^#' "$here/debian.lock")
    mkdir -p "$folder/deb" "$folder/root"
    pushd "$folder/deb" >/dev/null
    apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}" >/dev/null ||
        cannot "not to be had: one of ${packages[*]} (Debian 12, after apt-get update)"
    for deb in *_all.deb; do [ ! -e "$deb" ] || mv "$deb" "${deb%_all.deb}_amd64.deb"; done
    printf '%s\n' "${sums[@]}" | sha256sum --quiet -c - || cannot "a package is not the one of debian.lock"
    for deb in *.deb; do dpkg -x "$deb" "$folder/root"; done
    popd >/dev/null
    rm -r deb
    lib=$folder/root/usr/lib/x86_64-linux-gnu
    export PATH="$folder/root/usr/sbin:$folder/root/usr/bin:$folder/root/sbin:$folder/root/bin:$PATH"
    export LD_LIBRARY_PATH="$lib:$folder/root/lib/x86_64-linux-gnu" XTABLES_LIBDIR="$lib/xtables"
}

# pypi NAME==VERSION...: these and nothing that they would pull in, importable by python3.
pypi() {
    python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps \
        --target "$folder/python" "$@" || cannot "no $* to be had"
    export PYTHONPATH="$folder/python:$here"
}

go_here() {
    command -v go >/dev/null || cannot "it needs Go"
    export GOPATH="$folder/go" GOCACHE="$folder/go-cache" GOFLAGS="-modcacherw -mod=mod" GOTOOLCHAIN=local GOWORK=off
    export PATH="$GOPATH/bin:$PATH"
}

# go_install PACKAGE@VERSION...: programs, built by the versions that their own go.mod names.
go_install() {
    go_here
    go install "$@" 2>"$folder/go.log" || cannot "$(tail -n 1 "$folder/go.log")"
}

# go_build NAME MODULE@VERSION: the program on standard input, with that library.
go_build() {
    go_here
    mkdir -p "$folder/$1" "$GOPATH/bin"
    cat >"$folder/$1/main.go"
    (cd "$folder/$1" && go mod init finding && go get "$2" && go build -o "$GOPATH/bin/$1" .) \
        >"$folder/go.log" 2>&1 || cannot "$(tail -n 1 "$folder/go.log")"
}

# namespace: the commands on standard input, in a network namespace of their own with lo up; all that they start
# ends with them. A command that fails where nothing catches it means that it cannot be run here.
namespace() {
    local user=--map-root-user
    [ "$(id -u)" != 0 ] || user=--mount
    {
        echo 'set -eE; trap "exit 2" ERR; mount -t tmpfs none /run; mkdir /run/netns; ip link set lo up'
        cat
    } >"$folder/inside"
    # `timeout` leads a process group: the end of this script (also by Ctrl-C) can kill all that is in it.
    timeout -s KILL 60 unshare "$user" --net --mount --pid --fork --kill-child --mount-proc \
        bash "$folder/inside" </dev/null &
    inside=$!
    local code=0
    wait "$inside" || code=$?
    inside=""
    return "$code"
}

# seen COMMAND...: what it prints, compared with what standard input says that it printed when this was written.
seen() {
    local code=0
    cat >"$folder/then"
    "$@" >"$folder/now" 2>"$folder/errors" || code=$?
    if [ "$code" != 0 ]; then
        cat "$folder/now" "$folder/errors" >&2
        cannot "$* ended with $code"
    fi
    echo "What:      $what"
    echo "One would expect: $expected"
    echo "Seen:"
    sed 's/^/    /' "$folder/now"
    diff "$folder/then" "$folder/now" >"$folder/diff" && return
    echo "No longer so (< then, > now):"
    cat "$folder/diff"
    exit 1
}
