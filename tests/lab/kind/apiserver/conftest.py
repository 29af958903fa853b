"""One API server for all of these tests, and a machine whose kubectl is the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from packetwalk.lab.kind import pins
from packetwalk.lab.kind.installation import Installation
from packetwalk.lab.kind.running.cluster import SUFFIXES
from packetwalk.lab.plugins import installations
from tests.lab.kind.apiserver.hands import Hands
from tests.lab.kind.apiserver.released import released
from tests.lab.kind.conftest import Machine


@pytest.fixture(scope="package")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    made = Hands(tmp_path_factory.mktemp("apiserver"))
    yield made
    made.close()


@pytest.fixture
def real_kubectl(machine: Machine, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Docker and kind are the fakes; each call of kubectl goes as it is to the real one, and a real API server."""
    fakes = machine.exchange.answer

    def answer(program: str, words: Sequence[str], given: str) -> tuple[int, str, str]:
        if program == "kubectl":
            machine.exchange.calls.append([program, *words[2:]])
            said = hands.run(words, given)
            hands.settle()
            return said
        said = fakes(program, words, given)
        if list(words[:2]) == ["create", "cluster"] and said[0] == 0:
            Path(words[words.index("--kubeconfig") + 1]).write_text(hands.kubeconfig)
            name = words[words.index("--name") + 1]
            hands.begin({f"{name}-{suffix}": f"kind-{suffix}" for suffix in SUFFIXES})
        if list(words[:2]) == ["delete", "cluster"]:
            hands.end()
        return (0, hands.kubeconfig, "") if list(words[:2]) == ["get", "kubeconfig"] else said

    monkeypatch.setattr(machine.exchange, "answer", answer)
    monkeypatch.setattr(Installation, "wait", lambda of: None)
    texts = {of.manifest.url: text for of in installations().values() if of.manifest and (text := released(of.plugin))}
    before = pins.fetch
    monkeypatch.setattr(pins, "fetch", lambda file: texts[file.url] if file.url in texts else before(file))
    yield machine
    hands.end()
