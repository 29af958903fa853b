#!/bin/bash
# A tunnel's two IP headers in tshark's JSON.
. "$(dirname "$0")/lib.sh"
debian tshark

what="tshark 4.0.17 (Debian 4.0.17-0+deb12u3) -T json, read by Python's json: a VXLAN frame between nodes \
172.18.0.2 and .3 with a ping between pods 10.244.1.2 and 10.244.2.2"
expected="the outer header under \"ip\", or both in a list"

python3 - <<'PY'
from captures import *
pcapng("vxlan.pcapng", [("eth0", ETHERNET, 9)], [(0, NS, vxlan(4789))])
PY

look() {
    tshark -r vxlan.pcapng -T json 2>/dev/null >plain.json
    tshark -r vxlan.pcapng -T json --no-duplicate-keys 2>/dev/null >merged.json
    python3 - <<'PY'
import json
text = open("plain.json").read()
print('keys "ip" in the text:', text.count('"ip": {'))
for file in ("plain.json", "merged.json"):
    layers = json.load(open(file))[0]["_source"]["layers"]
    ip = layers["ip"]
    print(f"{file}: {list(layers)}")
    print(f"  ip: {type(ip).__name__},", [one["ip.src"] for one in ip] if isinstance(ip, list) else ip["ip.src"])
PY
}

seen look <<'SEEN'
keys "ip" in the text: 2
plain.json: ['frame', 'eth', 'ip', 'udp', 'vxlan', 'icmp']
  ip: dict, 10.244.1.2
merged.json: ['frame', 'eth', 'ip', 'udp', 'vxlan', 'icmp']
  ip: list, ['172.18.0.2', '10.244.1.2']
SEEN
