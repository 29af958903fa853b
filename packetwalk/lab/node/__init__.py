"""What records a node without this package: a shell script, and a manifest that runs it on every node."""

from pathlib import Path

SCRIPT = Path(__file__).with_name("record-node.sh")
"""Run on a node as root; it writes what ``packetwalk record --join`` reads."""
DAEMONSET = Path(__file__).with_name("record-nodes.yaml")
"""Runs the script on every node of a cluster, in a namespace of its own."""
