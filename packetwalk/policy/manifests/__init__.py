"""Manifests as `kubectl get -o yaml` prints them, read strictly: what is misspelt is told with its file and line."""
