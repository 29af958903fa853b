#!/bin/bash
# Interfaces of one pcapng file that count time in different units.
. "$(dirname "$0")/lib.sh"
pypi dpkt==1.9.8 python-pcapng==2.1.1

what="dpkt 1.9.8, python-pcapng 2.1.1: eth0 in nanoseconds and cni0 in microseconds, as a merge of two captures \
is; three frames 100 ns apart"
expected="every frame has its own time (if_tsresol belongs to an interface), and the frames keep their order"

python3 - <<'PY'
from captures import *
two = [("eth0", ETHERNET, 9), ("cni0", ETHERNET, 6)]
pcapng("merged.pcapng", two, [(0, NS, vxlan(4789)), (1, NS, ethernet(ping(*PODS)))])
pcapng("close.pcapng", two[:1], [(0, NS + n, vxlan(4789)) for n in (0, 100, 200)])
pcap("close.pcap", ETHERNET, [(NS + n, vxlan(4789)) for n in (0, 100, 200)])
PY

look() {
    python3 - <<'PY'
import datetime
import dpkt
from pcapng import FileScanner
print("dpkt, one moment on two interfaces:")
for seconds, _ in dpkt.pcapng.Reader(open("merged.pcapng", "rb")):
    print(" ", datetime.datetime.fromtimestamp(float(seconds), datetime.UTC).strftime("%Y-%m-%d %H:%M:%S"))
def tell(who, times):
    times = list(times)
    print(f"{who}: {type(times[0]).__name__}, {len(set(times))} different times, steps in ns:",
          *(round((b - a) * 10**9) for a, b in zip(times, times[1:])))
tell("dpkt, pcapng", (t for t, _ in dpkt.pcapng.Reader(open("close.pcapng", "rb"))))
tell("dpkt, pcap", (t for t, _ in dpkt.pcap.Reader(open("close.pcap", "rb"))))
blocks = FileScanner(open("close.pcapng", "rb"))
tell("python-pcapng", (b.timestamp for b in blocks if hasattr(b, "packet_data")))
PY
}

seen look <<'SEEN'
dpkt, one moment on two interfaces:
  2025-11-24 16:00:00
  1970-01-21 10:00:00
dpkt, pcapng: float, 2 different times, steps in ns: 0 238
dpkt, pcap: Decimal, 3 different times, steps in ns: 100 100
python-pcapng: float, 2 different times, steps in ns: 0 238
SEEN
