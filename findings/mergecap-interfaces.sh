#!/bin/bash
# Two nodes' captures of eth0, merged.
. "$(dirname "$0")/lib.sh"
debian tshark

what="mergecap 4.0.17 (Debian 4.0.17-0+deb12u3): the captures of eth0 of two nodes in one pcapng file, by -I \
all (its default) and -I none"
expected="the file has two interfaces, so that each frame still says whose eth0 it was seen on"

python3 - <<'PY'
from captures import *
for node, ns in (("n1", 0), ("n2", 5000)):
    pcapng(f"{node}.pcapng", [("eth0", ETHERNET, 9)], [(0, NS + ns, vxlan(4789))])
pcapng("n3.pcapng", [("eth0", ETHERNET, 9), ("cni0", ETHERNET, 9)], [(0, NS + 9000, vxlan(4789))])
PY

look() {
    local files mode count on
    for files in "n1 n2" "n1 n3"; do
        for mode in all none; do
            # shellcheck disable=SC2046,SC2086
            mergecap -I $mode -w merged.pcapng $(printf '%s.pcapng ' $files)
            count=$(capinfos -I merged.pcapng 2>/dev/null | sed -n 's/Number of interfaces in file: *//p')
            on=$(tshark -r merged.pcapng -T fields -e frame.interface_id 2>/dev/null | xargs)
            echo "$files, -I $mode: $count interfaces, frames on $on"
        done
    done
}

seen look <<'SEEN'
n1 n2, -I all: 1 interfaces, frames on 0 0
n1 n2, -I none: 2 interfaces, frames on 0 1
n1 n3, -I all: 3 interfaces, frames on 0 1
n1 n3, -I none: 3 interfaces, frames on 0 1
SEEN
