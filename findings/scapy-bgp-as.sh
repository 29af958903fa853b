#!/bin/bash
# A router's UPDATE, as BIRD sends it, read by scapy.
. "$(dirname "$0")/lib.sh"
debian bird2 iproute2
pypi scapy==2.8.0 dpkt==1.9.8

what="scapy 2.8.0 (scapy.contrib.bgp), dpkt 1.9.8: an UPDATE from AS 64512, Calico's default, sent by BIRD \
2.0.12 to a router that takes 4-byte AS numbers, as all do"
expected="the AS path is 64512"

look() {
    namespace <<'DO'
ip netns add tor && ip link add v0 type veth peer name v0 netns tor
ip link set v0 up && ip addr add 172.18.0.2/24 dev v0
ip -n tor link set v0 up && ip -n tor addr add 172.18.0.1/24 dev v0
cat >node.conf <<'CONF'
router id 172.18.0.2;
protocol device {}
protocol static { ipv4; route 10.244.1.0/24 blackhole; }
protocol bgp { local 172.18.0.2 as 64512; neighbor 172.18.0.1 as 65010; connect delay time 1; ipv4 { import all; export all; }; }
CONF
cat >tor.conf <<'CONF'
router id 172.18.0.1;
protocol device {}
protocol bgp { local 172.18.0.1 as 65010; neighbor 172.18.0.2 as 64512; passive; ipv4 { import all; export all; }; }
CONF
ip netns exec tor python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
s.bind(("v0", 0)); s.settimeout(40)
print("ready", flush=True)
while True:
    frame = s.recv(2000)
    bgp = frame[34 + (frame[46] >> 4) * 4:]
    if frame[23] == 6 and len(bgp) > 40 and bgp[18] == 2 and frame[26:30] == bytes([172, 18, 0, 2]):
        open("update", "wb").write(bgp[:int.from_bytes(bgp[16:18], "big")])
        break' >ready &
watcher=$!
until grep -q ready ready; do sleep 0.1; done
ip netns exec tor bird -f -c tor.conf -s /run/tor.ctl 2>/dev/null &
bird -f -c node.conf -s /run/node.ctl 2>/dev/null &
wait $watcher
python3 - 2>/dev/null <<'PY'
import dpkt
from scapy.contrib.bgp import BGP, BGPPAASPath
data = open("update", "rb").read()
at = data.index(bytes([0x40, 2, 6]))
print("the path attribute, byte for byte:", data[at:at + 9].hex(" "))
print("dpkt: ", [segment.path for segment in dpkt.bgp.BGP(data).data.attributes[1].as_path.segments])
print("scapy:", [(segment.segment_type, segment.segment_value) for segment in BGP(data)[BGPPAASPath].segments])
PY
DO
}

seen look <<'SEEN'
the path attribute, byte for byte: 40 02 06 02 01 00 00 fc 00
dpkt:  [[64512]]
scapy: [(2, [0]), (252, [])]
SEEN
