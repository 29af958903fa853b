#!/bin/bash
# A capture of a node with two link types: Ethernet on eth0, bare IP on tunl0.
. "$(dirname "$0")/lib.sh"
debian tcpdump tshark
pypi scapy==2.8.0 dpkt==1.9.8
go_build decode github.com/gopacket/gopacket@v1.7.7 <"$here/decode.go"

what="tcpdump 4.99.3, tshark 4.0.17 (Debian 12), gopacket v1.7.7, dpkt 1.9.8, scapy 2.8.0: a pcapng file with a \
VXLAN frame of eth0 and an IP-in-IP packet of tunl0, as dumpcap writes it"
expected="each reads two frames, each frame by its own interface's link type"

python3 - <<'PY'
from captures import *
pcapng("node.pcapng", [("eth0", ETHERNET, 9), ("tunl0", RAW_IP, 9)], [(0, NS, vxlan(4789)), (1, NS + 1000, ipip())])
PY

look() {
    echo "tshark:"
    tshark -r node.pcapng -T fields -e frame.interface_name -e frame.protocols 2>/dev/null
    echo "tcpdump:"
    tcpdump -tnr node.pcapng 2>&1 | grep -v ^reading || true
    echo "gopacket:"
    decode node.pcapng
    python3 - <<'PY'
import dpkt
from scapy.all import rdpcap
print("dpkt:")
for _, data in (reader := dpkt.pcapng.Reader(open("node.pcapng", "rb"))):
    frame = dpkt.ethernet.Ethernet(data)
    print(f"link type {reader.datalink()}, type of the Ethernet frame {frame.type:#06x}, {type(frame.data).__name__}")
print("scapy:")
for frame in rdpcap("node.pcapng"):
    print(frame.sniffed_on, *(layer.__name__ for layer in frame.layers()))
PY
}

seen look <<'SEEN'
tshark:
eth0	eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:icmp:data
tunl0	raw:ip:ip:icmp:data
tcpdump:
tcpdump: pcap_loop: an interface has a type 101 different from the type of the first interface
gopacket:
Ethernet IPv4 UDP VXLAN Ethernet IPv4 ICMPv4 Payload
dpkt:
link type 1, type of the Ethernet frame 0x0800, IP
link type 1, type of the Ethernet frame 0xac12, bytes
scapy:
eth0 Ether IP UDP VXLAN Ether IP ICMP Raw
tunl0 IP IP ICMP Raw
SEEN
