"""Flannel in a lab: its installation on kind, its ConfigMap, flanneld itself, the CNI plugins it leaves the pods to."""

from packetwalk.lab.plugins.flannel.cni import WRITERS
from packetwalk.lab.plugins.flannel.configmap import READERS
from packetwalk.lab.plugins.flannel.kind import KIND
from packetwalk.lab.plugins.flannel.real import REAL

__all__ = ["KIND", "READERS", "REAL", "WRITERS"]
