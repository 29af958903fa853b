"""Flannel in a lab: its installation on kind, its ConfigMap, the CNI plugins it leaves the pods to."""

from packetwalk.lab.plugins.flannel.cni import WRITERS
from packetwalk.lab.plugins.flannel.configmap import READERS
from packetwalk.lab.plugins.flannel.kind import KIND

__all__ = ["KIND", "READERS", "WRITERS"]
