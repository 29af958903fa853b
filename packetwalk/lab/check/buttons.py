"""A button for each step of a lab: it brings the cluster there. Without ipywidgets it is text that says how."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check.checkpoints import reach, steps

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

LIVE = "application/vnd.jupyter.widget-view+json"


class Buttons:
    """The steps of the lab in a folder; in a notebook each is a button, as text it is a line."""

    def __init__(self, cluster: Ground, names: MutableMapping[str, Any], folder: Path | None = None) -> None:
        self.steps = steps((folder or Path()).resolve())
        self._reach = partial(reach, cluster, names=names, folder=folder)

    def __repr__(self) -> str:
        return f'cluster.at("STEP") brings you to a step, from wherever you are: {", ".join(self.steps)}'

    def press(self, step: str, say: Callable[[str], None]) -> None:
        """Bring the cluster to a step, and say in one line how it went."""
        say(f"Step {step} is being made ready …")
        try:
            self._reach(step)
        except (BadInput, LabError) as error:
            say(str(error))
        else:
            say(f"This is step {step}: do what its cell asks for, then check.")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the text and, where ipywidgets is, the buttons."""
        shown: dict[str, Any] = {"text/plain": repr(self)}
        if find_spec("ipywidgets"):
            shown |= self._box()._repr_mimebundle_() or {}
            shown["text/plain"] = repr(self)
        return shown

    def _box(self) -> Any:
        """Return the row of buttons, with a line below it that says what happened."""
        import ipywidgets

        line = ipywidgets.Label("A button brings you to its step, from wherever you are.")
        row = []
        for step in self.steps:
            button = ipywidgets.Button(description=step, tooltip=f"Bring the cluster to step {step}")
            button.layout.width = "4em"
            button.on_click(lambda _, step=step: self.press(step, partial(setattr, line, "value")))
            row.append(button)
        return ipywidgets.VBox([ipywidgets.HBox([ipywidgets.Label("Go to step"), *row]), line])
