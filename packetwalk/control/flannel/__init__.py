"""Flannel's control plane: flanneld on every node (``daemon``), the Nodes that the API server holds (``cluster``)."""
