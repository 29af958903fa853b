"""A real Kubernetes cluster in Docker, by kind: pinned in every part, driven from outside only.

``pins.yaml`` pins what is downloaded for any plugin; what one plugin needs is its ``Installation``.
"""
