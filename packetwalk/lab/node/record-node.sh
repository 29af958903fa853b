#!/bin/sh
# Records one Linux node for Packet Walk (form 1). It only reads: nothing on the node is changed.
#
#   sh record-node.sh [-t SECONDS] [-f FILTER] [-m MEGABYTES] [-s BYTES] [-r] [-o FILE.tgz]
#
# In the namespace it runs in, and in that of every process it sees: what the tools print (before and after), and
# for SECONDS (10) the frames of every device that match FILTER, a pcap filter (not port 22). It ends earlier when
# the frames fill MEGABYTES (50). Of each frame BYTES are kept (128): all headers and a little of what follows,
# which `packetwalk record --join` makes zero. -r leaves names out. The file is NODE.tgz; `-o -` writes it to
# standard output. Not read: environments, files, keys, arguments of processes, anything of the Kubernetes API.
# Needed: root, a shell, ip, nsenter, tcpdump, tar, gzip. Used where they are: bridge, iptables-save, nft, ipset,
# conntrack, ss, wg. What cannot be asked is listed as missing. busybox has all but tcpdump.

set -u
LC_ALL=C; export LC_ALL
umask 077

say() { echo "record-node: $*" >&2; }
fail() { say "$*"; exit 2; }
number() { case $2 in '' | *[!0-9]* | 0* | ????????*) fail "$1 $2: a whole number from 1" ;; esac; }

# attempt FILE COMMAND...: what a command prints in the namespace; no file where it fails.
attempt() {
    file=$1; shift
    # shellcheck disable=SC2086
    $enter "$@" >"$to/$file" 2>/dev/null || { rm -f "$to/$file"; return 1; }
}

# keep FILE COMMAND...: the same, and a line in `missing` where it fails.
keep() { attempt "$@" || { echo "$1 $2" >>"$to/missing"; return 1; }; }

# The settings that decide about packets, as `sysctl` prints them; names of devices may have dots.
# shellcheck disable=SC2016
settings='
for key in net/ipv4/ip_forward net/ipv4/icmp_echo_ignore_all net/ipv4/icmp_echo_ignore_broadcasts \
    net/ipv4/ip_default_ttl net/bridge/bridge-nf-call-iptables; do
    [ -r /proc/sys/$key ] && echo "$key = $(cat /proc/sys/$key)" | tr / .
done
for dev in /proc/sys/net/ipv4/conf/*; do
    for key in accept_local accept_redirects arp_accept arp_announce arp_filter arp_ignore forwarding proxy_arp \
        route_localnet rp_filter secure_redirects send_redirects shared_media src_valid_mark; do
        [ -r "$dev/$key" ] && echo "net.ipv4.conf.${dev##*/}.$key = $(cat "$dev/$key")"
    done
done; true'

# What /sys knows of devices: its own mount, for /sys shows the namespace in which it was mounted.
# shellcheck disable=SC2016
devices='mount -t sysfs -o ro none /sys 2>/dev/null || exit 1
cd /sys/class/net && for dev in *; do
    for file in type iflink uevent tun_flags brport/hairpin_mode brport/learning brport/unicast_flood \
        brport/multicast_flood brport/broadcast_flood brport/isolated brport/state; do
        [ -r "$dev/$file" ] && sed "s|^|$dev $file |" "$dev/$file" 2>/dev/null
    done
done; true'

# busybox leaves words out of rules (`not`) and next hops out of routes: then they are missing.
untold() {
    if [ "$(sed -n '$=' "$to/rule.txt" 2>/dev/null)" -gt 3 ] 2>/dev/null; then
        rm "$to/rule.txt"
        echo "rule.json ip" >>"$to/missing"
    fi
    ! grep -q '^[0-9./]* *$' "$to/route.txt" 2>/dev/null || echo "route.json ip" >>"$to/missing"
}

# tables FOLDER: everything the tools print in the namespace that `enter` enters.
tables() {
    to=$1
    mkdir "$to"; : >"$to/missing"
    if attempt link.json ip -j -d link; then
        keep port.json bridge -j -d link
    else # busybox, or an old iproute2: text
        attempt link.txt ip -d link || keep link.txt ip link
        keep device.txt unshare -m sh -c "$devices"
    fi
    attempt addr.json ip -j addr || keep addr.txt ip addr
    attempt route.json ip -j route show table all || keep route.txt ip route show table all
    attempt rule.json ip -j rule || keep rule.txt ip rule
    case $(ip -V 2>&1) in *iproute2*) ;; *) untold ;; esac
    attempt neigh.json ip -j neigh || keep neigh.txt ip neigh
    keep fdb.json bridge -j fdb
    keep wireguard.txt wg show all allowed-ips # public keys only
    keep ipset.txt ipset save
    keep iptables.txt iptables-save -c
    keep nft.txt nft list ruleset
    keep xfrm-state.txt ip xfrm state list nokeys
    keep xfrm-policy.txt ip xfrm policy
    keep sysctl.txt sh -c "$settings"
    attempt socket.txt ss -Hlntu || keep socket.txt netstat -lntu
    attempt conntrack.txt conntrack -L || keep conntrack.txt sed -n 's/^ipv4 *2 //p' /proc/net/nf_conntrack
    [ -z "$redact" ] || for file in iptables.txt nft.txt; do # comments, and names in kube-proxy's nftables chains
        [ ! -f "$to/$file" ] || sed -i -E -e 's/ (-m comment --)?comment ("[^"]*"|[^ ]+)//g' \
            -e 's#(service|endpoint|external|firewall|affinity)-([A-Z0-9]{8})-[^ ;{}",]+#\1-\2#g' "$to/$file"
    done
}

# place NAME KIND LABEL: a namespace, its devices tapped one by one, each direction for itself.
place() {
    mkdir "$folder/$1" "$folder/$1/frames"
    echo "place $1 $2 $3" >>"$folder/about.txt"
    tables "$folder/$1/before"
    for dev in $($enter sed -n 's/^ *\([^ :]*\):.*/\1/p' /proc/net/dev); do
        [ "$dev" = lo ] || for way in in out; do
            # shellcheck disable=SC2086
            $enter tcpdump -i "$dev" -Q $way -n -p -U -s "$bytes" --time-stamp-precision=nano -w - "$filter" \
                >"$folder/$1/frames/$dev.$way.pcap" 2>"$folder/$1/frames/$dev.$way.said" &
            taps="$taps $!"
        done
    done
}

running() { for tap in $taps; do kill -0 "$tap" 2>/dev/null && return 0; done; return 1; }
stop() { for tap in $taps; do kill -INT "$tap" 2>/dev/null; done; }

# each: calls "$@" for every namespace there is a process in, the node's own first.
each() {
    enter=; "$@" node "$node"
    seen=" $own "; count=0
    for proc in /proc/[0-9]*; do
        inode=$(readlink "$proc/ns/net" 2>/dev/null) || continue
        case $seen in *" $inode "*) continue ;; esac
        seen="$seen$inode "
        enter="nsenter -t ${proc#/proc/} -n"
        [ "$($enter sed -n '$=' /proc/net/dev 2>/dev/null)" -gt 3 ] 2>/dev/null || continue # none, or only lo
        count=$((count + 1))
        name=$(nsenter -t "${proc#/proc/}" -u hostname 2>/dev/null)
        [ "$name" != "$(hostname)" ] && [ -z "$redact" ] || name=-
        "$@" "pod-$count" "$name"
    done
}
begin() {
    place "$1" "${1%-*}" "$2"
    enters="$enters
$1 $enter"
}

main() {
    seconds=10 filter='not port 22' most=50 bytes=128 redact='' out=''
    while getopts t:f:m:s:o:rh option; do
        case $option in
        t) number -t "$OPTARG"; seconds=$OPTARG ;;
        m) number -m "$OPTARG"; most=$OPTARG ;;
        s) number -s "$OPTARG"; bytes=$OPTARG ;;
        f) filter=$OPTARG ;;
        o) out=$OPTARG ;;
        r) redact=yes ;;
        *) fail "[-t SECONDS] [-f FILTER] [-m MEGABYTES] [-s BYTES] [-r] [-o FILE.tgz]" ;;
        esac
    done
    [ "$(id -u)" = 0 ] || fail "must be root"
    for tool in ip nsenter tcpdump tar gzip; do command -v $tool >/dev/null || fail "no $tool here"; done
    tcpdump -d "$filter" >/dev/null 2>&1 || tcpdump -i lo -d "$filter" >/dev/null 2>&1 || fail "no pcap filter: $filter"
    own=$(readlink /proc/self/ns/net)
    node=$(hostname); [ -z "$redact" ] || node=-
    out=${out:-$(hostname).tgz}
    [ ! -e "$out" ] || fail "$out is there already"
    work=$(mktemp -d) || fail "no place for files"
    taps='' enters='' folder=$work/recording
    trap 'stop; rm -rf "$work"' EXIT
    trap 'exit 2' HUP INT TERM
    mkdir "$folder"
    { echo "version 1"; echo "kernel $(uname -sr)"; echo "seconds $seconds"; echo "bytes $bytes"
      echo "filter $filter"; } >"$folder/about.txt"

    each begin
    for _ in 1 2 3 4 5 6 7 8 9 10; do # until every tap listens, or has said why not
        grep -L . "$folder"/*/frames/*.said 2>/dev/null | grep -q . || break
        sleep 1
    done
    say "listening for $seconds s"
    passed=0
    while [ $passed -lt "$seconds" ] && running; do
        sleep 1
        passed=$((passed + 1))
        if [ "$(du -sk "$folder" | cut -f1)" -gt $((most * 1024)) ]; then
            echo "stopped after $passed s: $most megabytes" >>"$folder/about.txt"
            break
        fi
    done
    stop
    wait
    taps=
    echo "$enters" | while read -r name enter; do
        [ -z "$name" ] || tables "$folder/$name/after"
    done
    echo "end" >>"$folder/about.txt"
    tar -C "$work" -czf "$work/made" recording || fail "no place for files"
    if [ "$out" = - ]; then cat "$work/made"; else
        cp "$work/made" "$out" || fail "$out: cannot be written"
        say "$out: $(grep -c '^place ' "$folder/about.txt") namespaces, $(du -k "$out" | cut -f1) kB"
    fi
}

main "$@" </dev/null
