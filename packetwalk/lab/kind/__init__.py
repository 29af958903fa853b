"""A real Kubernetes cluster in Docker, by kind: pinned in every part, driven from outside only.

``manifests.yaml`` pins all that is downloaded; ``PLUGIN.yaml`` is kind's configuration for that plugin.
"""
