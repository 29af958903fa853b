"""Small networks of a few namespaces, one idea of Linux each, and a packet's walk through one.

Each is a plan like a plugin's, so its commands can be run as they are; its variants change one thing.
"""

from packetwalk.walks.linux.catalogue import NETWORKS, LinuxNetwork, linux_network
from packetwalk.walks.linux.walk import HOLDS_FOR, walk_linux

__all__ = ["HOLDS_FOR", "NETWORKS", "LinuxNetwork", "linux_network", "walk_linux"]
