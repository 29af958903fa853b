"""A client of the API server: objects are dicts as in a manifest's JSON; it speaks from inside a namespace."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from packetwalk.errors import LabError
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.patience import FACTOR
from packetwalk.lab.real.objects import Object

PATIENCE = 20.0 * FACTOR  # seconds for one answer
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
PLACES: Mapping[str, tuple[str, str, bool]] = {
    "ConfigMap": ("/api/v1", "configmaps", True),
    "Endpoints": ("/api/v1", "endpoints", True),
    "EndpointSlice": ("/apis/discovery.k8s.io/v1", "endpointslices", True),
    "Namespace": ("/api/v1", "namespaces", False),
    "Node": ("/api/v1", "nodes", False),
    "Pod": ("/api/v1", "pods", True),
    "Service": ("/api/v1", "services", True),
}
"""Where a kind lives: its group's path, its plural, whether it is in a namespace. All other kinds are ``kubectl``'s."""


def place(kind: str, name: str = "", namespace: str = "") -> str:
    """Return the path of an object, or of all of a kind."""
    group, plural, namespaced = PLACES[kind]
    inner = f"/namespaces/{namespace}" if namespaced and namespace else ""
    return f"{group}{inner}/{plural}" + (f"/{name}" if name else "")


def place_of(made: Object) -> str:
    """Return the path of an object."""
    metadata = made["metadata"]
    return place(made["kind"], metadata["name"], metadata.get("namespace", "default"))


class ApiRefused(LabError):
    """The API server said no; ``code`` is HTTP's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """One connection to the API server, opened inside a namespace, used from anywhere; a call at a time."""

    def __init__(self, inside: Namespace, address: str, port: int, token: str) -> None:
        self._inside, self._goal, self._token = inside, (address, port), token
        self._context = ssl.create_default_context()
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        self._connection: http.client.HTTPSConnection | None = None
        self._lock = threading.Lock()

    def trust(self, authority: str) -> None:
        """From now on accept this certificate only."""
        self._context = ssl.create_default_context(cadata=authority)

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """Return what the server answers, JSON as Python's values; ``ApiRefused`` when it says no."""
        sent = None if body is None else json.dumps(body)
        with self._lock:
            try:
                code, text = self._ask(method, path, sent, kind)
            except (http.client.HTTPException, OSError):
                self._drop()  # it closes what was idle for long: once more
                try:
                    code, text = self._ask(method, path, sent, kind)
                except (http.client.HTTPException, OSError) as error:
                    self._drop()
                    raise LabError(f"kube-apiserver: {error}") from None
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text
        if code >= http.HTTPStatus.BAD_REQUEST:
            message = answer.get("message", text) if isinstance(answer, dict) else text
            raise ApiRefused(code, f"kube-apiserver, {method} {path}: {str(message).strip()}")
        return answer

    def _ask(self, method: str, path: str, body: str | None, kind: str) -> tuple[int, str]:
        if self._connection is None:
            plain = self._inside.inside(partial(socket.create_connection, self._goal, PATIENCE))
            made = http.client.HTTPSConnection(*self._goal, timeout=PATIENCE)
            made.sock = self._context.wrap_socket(plain, server_hostname=self._goal[0])
            self._connection = made
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": kind, "Accept": "application/json"}
        self._connection.request(method, path, body, head)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def get(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        """Return an object by name, or None."""
        try:
            return self.call("GET", place(kind, name, namespace))
        except ApiRefused as refused:
            if refused.code == http.HTTPStatus.NOT_FOUND:
                return None
            raise

    def all(self, kind: str, where: str = "") -> list[Object]:
        """Return all objects of a kind, in all namespaces or in one."""
        found = self.call("GET", place(kind, namespace=where))
        return [{"apiVersion": found["apiVersion"], "kind": kind, **each} for each in found.get("items") or ()]

    def apply(self, *made: Object, status: bool = False) -> list[Object]:
        """Make objects so, by server-side apply, as ``kubectl apply --server-side --force-conflicts``.

        With ``status`` only what they say under ``status`` is taken.
        """
        return [
            self.call(
                "PATCH",
                f"{place_of(each)}{'/status' if status else ''}?fieldManager=packetwalk&force=true",
                each,
                APPLY,
            )
            for each in made
        ]

    def delete(self, *made: Object, grace: int = 0) -> None:
        """Delete objects; one that is not there is no error."""
        for each in made:
            try:
                self.call("DELETE", f"{place_of(each)}?gracePeriodSeconds={grace}")
            except ApiRefused as refused:
                if refused.code != http.HTTPStatus.NOT_FOUND:
                    raise

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            self._drop()


