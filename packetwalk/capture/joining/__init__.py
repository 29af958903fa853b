"""What `record-node.sh` wrote on several nodes, joined: one recording on one clock, packet by packet."""

from packetwalk.capture.joining.join import join as join
