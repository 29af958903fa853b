"""The sentences of a walk: for each kind of step, why the kernel did what it did.

A step carries a key and its arguments; the sentence is made only when somebody reads it.
"""

from __future__ import annotations

SENTENCES = {
    "ping": "ping asks for an echo of {0} bytes; the socket hands an ICMP message to IP.",
    "udp": "The program sends a datagram of {0} bytes; the socket hands it to UDP and IP.",
    "syn": "The program calls connect(); TCP sends the first segment of the handshake, SYN.",
    "echo-reply": "The kernel answers the echo request itself; no program is involved.",
    "datagram-reply": "The server answers with a datagram of the same size.",
    "syn-ack": "Somebody listens on port {0}: the kernel answers SYN with SYN-ACK.",
    "ack": "The SYN-ACK matches the open connection: TCP completes the handshake with ACK.",
    "segment": "TCP sends {0} bytes of what the program wrote, the bytes {1} to {2}.",
    "segment-again": "TCP cuts what was too long anew and sends it again: {0} bytes, the bytes {1} to {2}.",
    "acknowledges": "TCP acknowledges what has arrived without a gap: {0} bytes.",
    "rst": "TCP answers with RST: {0}.",
    "redirect-nowhere": "REDIRECT sends a packet to an address of the device that it came by, and {0} has none: "
    "discarded.",
    "redirect-translated": "A redirect about a connection of which addresses are changed, or may still be: it would "
    "be understood at neither end, so NAT discards it.",
    "icmp-error": "The kernel tells the sender: {0}.",
    "arp-request": "Nobody here knows the MAC of {0}: the kernel asks everybody on the segment.",
    "arp-reply": "{0} is an address of this machine: it answers with the MAC of {1}.",
    "arp-proxy": "{0} is no address of this machine, but it answers for it on {1} (proxy ARP), because its "
    "route for it ({2}) leads out of another device, {3}.",
    "nd-question": "Nobody here knows the MAC of {0}: the kernel asks the group {1}, which all addresses with the same "
    "last 24 bits have joined.",
    "nd-group-mac": "The group {0} has the MAC {1}: the last 32 bits of its address, behind 33:33. Nobody is asked for it.",
    "nd-answer": "{0} is an address of {1}: the machine answers with its MAC.",
    "nd-unasked": "An advertisement of {0} that no question waits for teaches nothing.",
    "nd-routed": "A message between neighbours has the hop limit 255 when it comes from one; this one has {0}.",
    "uncut": "{0} bytes are more than the {1} that fit. IPv6 lets the sender cut its packet; that is not known here yet, "
    "so the walk ends.",
    "fragment-unread": "A fragment of IPv6; what becomes of it is not known here yet, so the walk ends.",
    "no-proxy": "Proxy ARP is on, but no route for {0} leads out of a device other than {1}: no answer.",
    "bring-up": "The frame enters by {0}.",
    "crossing": "The frame comes out of the other end of the pair: {0}.",
    "from-wire": "The frame arrives from the segment {0}; its destination MAC is this card's.",
    "from-wire-all": "The frame arrives from the segment {0}, where it was sent to everybody.",
    "to-peer": "The frame goes into {0}; a veth pair is a cable, its other end is {1} in {2}.",
    "to-wire": "The card puts the frame on the wire.",
    "to-bridge": "The packet leaves by the bridge's own interface; the bridge will choose a port.",
    "to-tunnel": "The packet is handed to {0}, which will wrap it.",
    "one-of-several": "{0} matches {1}, the longest prefix that fits, with {2} next hops: the tap shows that {3} on {4} was taken.",
    "addressed": "The frame is addressed to {0}; no recorded route says whose MAC that is.",
    "unrouted": "It left by {0} with its time to live unchanged: it was not routed, and no recorded line says what sent it there.",
    "answered-reset": "The SYN for port {0} is answered by a reset: no program took the connection.",
    "answered-syn": "The SYN is answered by a SYN-ACK: somebody listens on port {0}.",
    "answered-error": "An ICMP error about it is the answer (type {0}, code {1}): nobody took it.",
    "to-device": "The frame is handed to {0}, a device of the kind {1}.",
    "from-below": "The frame came in by {2}; {0}, a device of the kind {1} that stands on it, takes it.",
    "tagged": "{0} puts on the tag of VLAN {1}: 4 bytes more.",
    "untagged": "{0} takes off the tag of VLAN {1}: 4 bytes less.",
    "up": "The bridge hands the frame to the machine's own IP layer, by its own interface.",
    "unwrapped": "The inner frame appears on {0} as if it had just been received there.",
    "unwrapped-packet": "The inner packet appears on {0} as if it had just been received there.",
    "loop-dev": "The packet never leaves the machine.",
    "local": "{0} is an address of this machine: the packet goes up to a socket.",
    "to-group": "{0} is a group: packets for it leave by {1}, where the route leads, and to no gateway.",
    "group-mac": "The group {0} has the MAC {1}: the last 23 bits of its address, behind 01:00:5e. No ARP is needed.",
    "loop-group": "This machine has joined the group too: a copy comes back to it.",
    "no-group": "Nobody here has joined the group {0} on {1}: discarded without a word.",
    "to-joined": "{0} is a group that {1} has joined: the packet goes up.",
    "to-everybody": "{0} is for everybody on the segment, whatever the routes say: the packet goes up to a socket.",
    "gateway": "{0} matches {1}, the longest prefix that fits: next hop {2} on {3}.",
    "own-gateway": "{0} matches {1}, the longest prefix that fits: its gateway {2} is this machine's own address, "
    "so {0} itself is asked for on {3}.",
    "onlink": "{0} matches {1}, the longest prefix that fits: its hosts are reached directly on {2}.",
    "host-route": "{0} has a route of its own: it is reached directly on {1}.",
    "route-blackhole": "{0} matches {1}, a blackhole: the packet is discarded without a word.",
    "route-unreachable": "{0} matches {1}, a route that says: unreachable. The packet is discarded.",
    "route-prohibit": "{0} matches {1}, a route that prohibits it: the packet is discarded.",
    "route-blackhole-own": "{0} matches {1}, a blackhole: the program's call fails, Invalid argument.",
    "route-unreachable-own": "{0} matches {1}, a route that says: unreachable. The program's call fails, No route to host.",
    "route-prohibit-own": "{0} matches {1}, a route that prohibits it: the program's call fails, Permission denied.",
    "outer-route": "The wrapped packet is sent like any other: a second look-up, for {0}.",
    "rule-refuses": "Rule {0} is for packets to {1}, and says: {2}. The packet is discarded.",
    "rule-refuses-own": "Rule {0} is for packets to {1}, and says: {2}. The program's call fails.",
    "rule-suppresses": "Rule {1} asks table {2}, and counts no prefix of {3} bits or less; no other matches {0}.",
    "lookup": "Rule {0} comes before the main table and fits this packet: table {1} is asked first.",
    "outer-marked": "The encrypted packet is sent like any other: a second look-up, for {0}. WireGuard has "
    "marked it, so the rule for packets without that mark does not apply.",
    "no-route": "No route matches {0}.",
    "forward": "This machine forwards: the time to live falls from {0} to {1}, the checksum follows.",
    "forward6": "This machine forwards: the hop limit falls from {0} to {1}; there is no checksum to follow.",
    "not-forwarding": "{0} is 0: the kernel does not forward for others.",
    "neigh": "{0} has the MAC {1}: the frame gets its Ethernet header.",
    "neigh-permanent": "{0} has the MAC {1}, written down by {2}: no ARP is needed, ever.",
    "neigh-permanent6": "{0} has the MAC {1}, written down by {2}: nobody is asked for it, ever.",
    "neigh-failed": "Nobody answered for {0} on {1}: the packet cannot be addressed.",
    "bridge-up": "{0} is the bridge's own MAC: the frame is for this machine.",
    "bridge-up-port": "{0} is this machine's own, the MAC of the port {1}: the frame goes up.",
    "bridge-itself": "{0} is the bridge's own MAC, and no port leads there: discarded.",
    "bridge-nowhere": "{0} would go to every port, and no port takes it: discarded.",
    "port-state": "The port {0} is {1}: no frame passes it.",
    "isolated": "{0} and {1} are both isolated: the bridge passes nothing from one to the other.",
    "no-carrier": "{0} is down, or what is at its other end is: the frame is discarded before anybody sees it.",
    "bridge-port": "{0} was seen behind {1}: the bridge sends the frame to that port alone.",
    "bridge-flood": "{0} goes to every port: {1}.",
    "same-port": "{0} is behind the port the frame came from, and hairpin is off: discarded.",
    "vtep": "The inner frame is addressed to {0}; the table says that MAC lives at {1}.",
    "no-vtep": "{0} has no entry for {1}, and there is no default: discarded without a word.",
    "encap": "Wrapped: VXLAN (network {0}), UDP to port {1}, IP from {2} to {3}. "
    "{4} bytes more than the inner frame.",
    "encap-ipip": "Wrapped: one more IP header, protocol 4, from {0} to {1}; the time to live ({2}) and DF "
    "are copied from inside. {3} bytes more.",
    "encap-wg": "{0} zeroes behind the packet make its length a multiple of 16 (at most the MTU); encrypted; "
    "UDP from {1} to {2} port {3}. {4} bytes more.",
    "decap": "UDP port {0} belongs to the kernel's VXLAN driver; network {1} is {2}. "
    "It takes {3} bytes of headers off.",
    "own-echo": "The inner frame comes from {1}, which is the MAC of {0} itself: taken for an echo of its own, and "
    "discarded without a word.",
    "congestion-unknown": "A router has marked the outer packet (congestion experienced), and the sender inside does not "
    "know ECN: {0} discards it.",
    "decap-ipip": "IP protocol 4 belongs to {0}: it takes the outer header of {1} bytes off.",
    "decap-wg": "UDP port {0} belongs to WireGuard: decrypted, {1} bytes less.",
    "peer": "{0} is among the AllowedIPs of this peer: the packet is encrypted for it and goes to {1}.",
    "honest": "{0} is among the AllowedIPs of the peer that encrypted the packet: accepted.",
    "dishonest": "{0} is not among the AllowedIPs of the peer that encrypted the packet: discarded.",
    "no-peer": "No peer of {0} has {1} among its AllowedIPs: 'Required key not available'.",
    "no-session": "No peer of {0} has a session with this number: discarded without a word.",
    "no-underlay": "The wrapped packet would go to {0}, but no route leads there except through the tunnel.",
    "no-vni": "No VXLAN device here has network {0} on port {1}: discarded.",
    "verdict": "{0}: this rule matches, the verdict is {1}.",
    "allowed": "{0}: policy allows it, by a mark that a later rule will accept.",
    "denied": "{0}: nothing before this rule has allowed the packet: policy denies it.",
    "discarded": "Denied by policy: the packet is discarded, and nobody is told.",
    "returned": "{0}: this rule ends its chain (RETURN), and nothing after it matches; "
    "the policy is {1}. No address changes.",
    "marked": "{0}: this rule writes a mark on the packet, which now has {1}; it decides nothing, the "
    "policy of the chain does: {2}.",
    "policy": "{0}: no rule there gives a verdict, the policy of the chain decides: {1}.",
    "dnat": "{0}: the destination becomes {1}.",
    "dnat-again": "{0}: the destination becomes {1}, where {2} was sent before: the node remembers it.",
    "snat": "{0}: the source becomes {1}.",
    "snat-taken": "{0}: the source becomes {1}. It would keep its port, but the answers for {2} come to that one.",
    "nat-known": "The connection is known: {0} becomes {1}, as its first packet decided.",
    "segmented": "A packet of {0} bytes is cut into {2} before they leave by {1} (GSO): the device does not cut.",
    "segmented-behind": "One packet of {0} bytes at the tap of {1}, and {2} at the other end: the card, or what lies between, "
    "cut it behind the tap (TSO, UDP GSO).",
    "merged": "{0} packets that followed each other are now one of {1} bytes, at {2} (GRO).",
    "merged-before": "{0} packets left, and one of {1} bytes came to the tap of {2}: the card, its driver or what lies between "
    "put them together (GRO).",
    "merged-into": "From here on it is a part of the packet with the bytes before, which {0} put together (GRO).",
    "fragment": "{0} bytes do not fit into an MTU of {1}, and DF is not set: cut into {2} fragments.",
    "refragment": "It came in fragments of at most {1} bytes: cut again as it came, "
    "its {0} bytes into {2} fragments.",
    "fragment-unsent": "{0} refused the fragment before this one: the kernel sends no other of the packet.",
    "held": "A fragment; the kernel waits for the others before it looks further.",
    "reassembled": "The last fragment is here: the packet of {0} bytes is whole again.",
    "waiting": "The other fragments never came: what is here is thrown away after 30 seconds.",
    "too-big": "{0} bytes do not fit into an MTU of {1}, and DF is set: "
    "the packet is discarded and the sender is told.",
    "too-big6": "{0} bytes do not fit into an MTU of {1}, and no router cuts a packet of IPv6: it is discarded, and the "
    "sender is told.",
    "message-too-long": "{0} bytes do not fit into an MTU of {1}, and DF is set: "
    "the program gets 'message too long' and nothing is sent.",
    "path-learnt": "Wrapped, the packet will not fit into one piece: the kernel notes, for ten minutes, that the path "
    "to {0} takes {1} bytes. The note counts for what this machine sends itself; this packet goes on.",
    "segment-narrow": "The segment {0} carries IP packets of at most {2} bytes, and this one has {1}: a switch has "
    "no IP layer that could tell the sender. Lost without a word.",
    "fragments-too-long": "The packet came in fragments of up to {0} bytes, more than the MTU of {1} ({2}): the bridge "
    "cannot send them on as they came and discards them without a word.",
    "not-forwardable": "A frame of {0} bytes does not go through {1} with an MTU of {2}: "
    "discarded without a word.",
    "ttl": "The time to live would fall to 0 here: discarded, and the sender is told.",
    "ttl6": "The hop limit would fall to 0 here: discarded, and the sender is told.",
    "other-mac": "The frame is for {0}, not for {1}: discarded without a word.",
    "arp-ignored": "{0} is an address of this machine, but arp_ignore keeps it silent: {1} has it in no subnet "
    "that the asker is in.",
    "arp-filtered": "arp_filter is on, and the way back to {0} does not lead by {1}: no answer.",
    "arp-unasked": "Nobody here has asked for {0}: the answer is not noted.",
    "arp-late": "{0} has answered already, with another MAC or the same: the first answer counts.",
    "not-mine": "The question is for {0}, not for this machine: ignored.",
    "arp-learnt": "The answer is noted: {0} is at {1}.",
    "delivered-echo": "The echo request has arrived; the kernel will answer it.",
    "echo-ignored": "{0} is 1: nobody answers.",
    "broadcast-refused": "{0} is for everybody on a segment, and the program has not asked to speak to everybody "
    "(SO_BROADCAST): its call fails.",
    "delivered-reply": "ping prints: {0} bytes from {1}: ttl={2}.",
    "delivered-data": "The datagram reaches the program that listens on port {0}.",
    "delivered-syn": "The SYN reaches the listener on port {0}.",
    "delivered-syn-ack": "The SYN-ACK comes from the address that was asked: the connection is open.",
    "delivered-bytes": "{0} bytes reach the program; {1} are there without a gap.",
    "early-bytes": "{0} bytes have come, but others before them are missing: TCP keeps them, and still "
    "acknowledges {1}.",
    "delivered-bytes-ack": "The sender knows that {0} of its {1} bytes have arrived.",
    "delivered-sack": "The sender knows that {0} of its {1} bytes have arrived, and which have after a gap (SACK).",
    "delivered-ack": "The handshake is complete: the server's accept() returns.",
    "delivered-stream": "{0} bytes of a stream come to the connection on port {1}.",
    "delivered-fin": "The other end has said all it had to say (FIN), to the connection on port {0}.",
    "delivered-acknowledged": "An acknowledgement comes to the connection on port {0}.",
    "delivered-rst": "The connection is closed by RST.",
    "delivered-error": "The sender learns: {0}.",
    "delivered-unknown": "Nothing here waits for it.",
    "wrong-source": "The SYN-ACK comes from {0}, but the connection was opened to {1}: no such connection.",
    "refused": "Nobody listens on {0} port {1}.",
    "martian": "The source {0} is this machine's own address, yet the packet came in by {1}: "
    "a martian, discarded without a word.",
    "loopback-out": "A packet from {0} may not leave by {1}, whose route_localnet is 0: it is discarded.",
    "martian-source": "No packet may come in by {1} from {0}: a martian, discarded without a word.",
    "martian-destination": "No packet may come in by {1} for {0}: a martian, discarded without a word.",
    "no-unicast-source": "{0} is the address of no single machine ({1}): a packet from there is discarded without a word.",
    "rp-filter": "Source validation is on for {1} ({2}), and the way back to {0} does not lead there: discarded "
    "without a word.",
    "rp-filter-nowhere": "Source validation is on for {1} ({2}), and there is no way back to {0}: discarded without "
    "a word.",
    "own-port": "The switch knows {0} behind the port from which the frame came: discarded.",
    "unreachable": "No machine on the segment {0} has this MAC: the frame is lost.",
    "from-card": "The frame arrives from the wire; it left by {0}.",
    "seen-first": "The first tap that sees the packet is here: it was made on this machine.",
    "wrapped-by": "{0} has wrapped the packet: {1} bytes more, as the next tap shows.",
    "wrapped-unread": "{0} has wrapped the packet so that nobody on the way can read it; that this is the "
    "same one is told by the order alone. {1} bytes more.",
    "unwrapped-by": "{0} has taken the wrapping off: {1} bytes less.",
    "unwrapped-unread": "{0} has taken off a wrapping that nobody on the way could read; that this is the "
    "same packet is told by the order alone. {1} bytes less.",
    "lost-behind-unread": "It went out by {0}, of the kind {1}, which is not followed: what became of it is not known.",
    "for-unread": "It is for {0}, of the kind {1}, which is not followed: what is in it, and what became of that, is not known.",
    "for-other": "The frame is for {0}, not for {1}, but a device on top may take it: what became of it is not known.",
    "lost-behind": "It went out by {0}, and no tap saw it again: what became of it is not known.",
    "vanished": "No tap saw the packet leave {0}, and no recorded line that was asked stops it: what became of it is not known.",
    "rule-counted": "Table {0}, {1}: of all rules that refuse packets and have counted some, this one alone fits.",
    "unanswered": "{0} is an address of {1}, but no tap saw an answer: whether anybody took the packet in is not known.",
    "unanswered-closed": "{0} is an address of {1}, where nobody listened on this port when sockets were recorded, and no tap saw an answer: what became of the packet is not known.",
    "loop": "The packet came through here too often: it runs in a circle.",
    "weaver-capture": "Weaver listens on {0} with libpcap: a copy of the frame crosses into user space.",
    "weaver-mac": "Weaver has seen {0} behind the peer on {1}.",
    "weaver-here": "Weaver has seen {0} on this node: nobody else needs the frame.",
    "weaver-local": "Weaver has seen {0} on this node's own bridge: the frame is not for another peer.",
    "weaver-direct": "The peer on {0} is a neighbour in the mesh: its own connection is used.",
    "weaver-relay": "There is no connection to the peer on {0}: the peer on {1} will pass the frame on.",
    "weaver-no-route": "Weaver knows no way to the peer {0}: discarded.",
    "weaver-flood": "The frame is for everybody ({0}): a copy goes to each of {1}.",
    "weaver-unknown": "Weaver has not seen {0} anywhere yet: a copy goes to each of {1}.",
    "weaver-alone": "Weaver has no connection to any peer: the frame goes nowhere.",
    "sleeve": "Wrapped by weaver: its name, a record (from peer, to peer, length), UDP 6783, IP to {1}, "
    "where the peer on {0} is. {2} bytes more than the inner frame; DF as inside.",
    "sleeve-boxed": "Wrapped and encrypted by weaver (NaCl secretbox): its name, a sequence number, a tag, "
    "UDP 6783, IP to {1}, where the peer on {0} is. {2} bytes more than the inner frame; "
    "DF as inside.",
    "sleeve-open": "Weaver's socket gets a datagram from the peer on {0}: a frame from {1} to {2}. "
    "{3} bytes of headers come off.",
    "sleeve-stranger": "The datagram comes from {0}, to which there is no connection: discarded.",
    "sleeve-garbage": "No sleeve header can be read: discarded.",
    "sleeve-too-big": "{0} bytes with DF set do not fit into the {1} that this connection carries: "
    "weaver discards the frame and answers in the receiver's name.",
    "sleeve-icmp": "Weaver makes this error itself and signs it with {0}, the address of the pod "
    "that was asked.",
    "flow-hit": "The kernel has a flow for frames from {0} with these addresses: no program is asked.",
    "flow-unheard": "No flow of the datapath says where the frame goes, and no weaver runs that could be asked: it is dropped.",
    "flow-miss": "The kernel has no flow for frames from {0} with these addresses: "
    "it asks weaver (an upcall).",
    "flow-made": "Weaver puts its decision into the kernel as a flow; the next frame will not come up.",
    "no-short-id": "Network number {0} names no peer that this weaver knows: discarded.",
    "ovs-encap": "Wrapped by the kernel: VXLAN (number {0}: who sends, and to whom), UDP to port {1}, "
    "IP from {2} to {3}, DF set. {4} bytes more than the inner frame.",
    "ovs-decap": "UDP port 6784 belongs to the datapath's VXLAN port; the number {0} goes with the frame. "
    "{1} bytes of headers come off.",
    "esp-out": "An xfrm policy selects this packet, by its mark: all behind its IP header is encrypted "
    "under the security association {0}. "
    "{1} bytes more.",
    "esp-in": "The security association {0} is known: the kernel decrypts and receives what was inside. "
    "{1} bytes come off.",
    "esp-unknown": "There is no security association {0} here: discarded.",
    "proxy-out": "Flanneld, a program, has read the packet from the device: it sends it from its own "
    "socket by UDP {0} to {1}. 28 bytes more.",
    "proxy-in": "UDP port {0} is flanneld's socket: the packet goes up to the program.",
    "proxy-written": "Flanneld writes the packet to {0}: to the kernel it looks like a packet received.",
    "proxy-forward": "The program lowers the time to live itself, from {0} to {1}.",
    "proxy-ttl": "The program finds the time to live used up: it discards the packet and tells nobody.",
    "proxy-no-route": "Flanneld knows no node for {0}: discarded.",
    "proxy-garbage": "What came in is no IPv4 packet: discarded.",
}


def sentence(note: tuple) -> str:
    """Return the sentence of a step's note, a key and its arguments; an empty note gives an empty sentence."""
    if not note:
        return ""
    key, *arguments = note
    return SENTENCES[key].format(*arguments)
