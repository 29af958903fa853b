"""Calico in a lab: its installation on kind, the resources that change its network, BIRD itself."""

from packetwalk.lab.plugins.calico.bird import WRITERS
from packetwalk.lab.plugins.calico.kind import KIND
from packetwalk.lab.plugins.calico.resources import READERS

__all__ = ["KIND", "READERS", "WRITERS"]
