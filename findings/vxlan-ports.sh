#!/bin/bash
# One VXLAN frame on the ports of Flannel and Calico, of Weave, and of the RFC.
. "$(dirname "$0")/lib.sh"
debian tcpdump tshark
pypi scapy==2.8.0
go_build decode github.com/gopacket/gopacket@v1.7.7 <"$here/decode.go"

what="tcpdump 4.99.3, tshark 4.0.17 (Debian 12), gopacket v1.7.7, scapy 2.8.0: VXLAN to UDP 8472 (Flannel; \
Linux' default), 6784 (Weave), 4789 (RFC 7348)"
expected="8472 is read as 4789 is; what is not known is left as bytes"

python3 - <<'PY'
from captures import *
for port in (4789, 8472, 6784):
    pcapng(f"{port}.pcapng", [("eth0", ETHERNET, 9)], [(0, NS, vxlan(port))])
PY

look() {
    for port in 4789 8472 6784; do
        echo "port $port"
        echo "  tcpdump:  $(tcpdump -tnr $port.pcapng 2>/dev/null | head -n 1 | sed 's/.*[0-9]: //')"
        echo "  tshark:   $(tshark -r $port.pcapng -T fields -e frame.protocols 2>/dev/null | sed 's/.*:udp://')"
        echo "  gopacket: $(decode $port.pcapng | sed 's/.*UDP //')"
        echo "  scapy:    $(python3 -c "
from scapy.all import rdpcap
print(*(layer.__name__ for layer in rdpcap('$port.pcapng')[0].layers()[3:]))")"
    done
}

seen look <<'SEEN'
port 4789
  tcpdump:  VXLAN, flags [I] (0x08), vni 1
  tshark:   vxlan:eth:ethertype:ip:icmp:data
  gopacket: VXLAN Ethernet IPv4 ICMPv4 Payload
  scapy:    VXLAN Ether IP ICMP Raw
port 8472
  tcpdump:  OTV, flags [I] (0x08), overlay 0, instance 1
  tshark:   data
  gopacket: Payload
  scapy:    VXLAN Ether IP ICMP Raw
port 6784
  tcpdump:  BFDv0, Control, Flags: [none], length: 106
  tshark:   bfd
  gopacket: Payload
  scapy:    Raw
SEEN
