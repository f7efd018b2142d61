"""The scripted model: what is heard in, what is said out, and what it has to find fault with.

It remembers nothing from one request to the next, so a request that an agent sends again is answered
again, the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.agents.task import MARK, STEPS, Step, faults, next_step
from tests.agents.toolbox import NoTool, call_for, is_complete
from tests.agents.words import Call, Heard, Json, Reply

HELPER_TEXT: Final = "Garden of glyphs"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, which step of the script it is (None: not of the script), and the faults found."""

    reply: Reply
    step: int | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """The model for one agent in one folder.

    ``prefix`` begins the ids of calls; empty means that calls have none.  ``marked`` are the steps
    whose failure the agent marks as one.
    """

    folder: Path
    prefix: str
    marked: frozenset[str] = frozenset()

    def answer(self, heard: Heard) -> Said:
        """The next turn, if this is the task; else what a helper request is content with."""
        if MARK not in heard.prompt or not is_complete(heard.tools):
            return Said(_helped(heard))
        index = next_step(heard.turns)
        if index == len(STEPS):
            return Said(Reply(("?",)), index, ("the history holds more calls than were made",))
        found = [*faults(heard.turns, self.marked), *self._changed(heard)]
        try:
            return Said(self._reply(STEPS[index], heard), index, tuple(found))
        except NoTool as problem:
            return Said(Reply(("?",)), index, (*found, str(problem)))

    def _reply(self, step: Step, heard: Heard) -> Reply:
        return Reply(step.says, step.thought, self._calls(step, heard))

    def _calls(self, step: Step, heard: Heard) -> tuple[Call, ...]:
        return tuple(
            call_for(ask, heard.tools, self.folder, self._id(step, number))
            for number, ask in enumerate(step.asks)
        )

    def _id(self, step: Step, number: int) -> str:
        digest = hashlib.sha256(f"{step.name} {number}".encode()).hexdigest()
        return self.prefix and f"{self.prefix}{digest[:24]}"

    def _changed(self, heard: Heard) -> list[str]:
        """Calls that came back otherwise than they were made."""
        found = []
        for step, turn in zip(STEPS, heard.turns, strict=False):
            for made, back in zip(self._calls(step, heard), turn.calls, strict=False):
                if (made.name, made.meaning) != (back.name, back.meaning):
                    found.append(
                        f"{step.name}: the call {made.name}({made.arguments}) came back as "
                        f"{back.name}({back.arguments})"
                    )
        return found


def _helped(heard: Heard) -> Reply:
    if heard.schema is None:
        return Reply((HELPER_TEXT,))
    return Reply((json.dumps(example(heard.schema)),))


def example(schema: Json) -> Any:
    """Some value that a schema takes."""
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return example(schema[key][0])
    kind = schema.get("type", "object")
    match kind[0] if isinstance(kind, list) else str(kind).lower():
        case "object":
            return {name: example(each) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [example(schema.get("items", {"type": "string"}))] * schema.get("minItems", 0)
        case "boolean":
            return False
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "null":
            return None
        case _:
            return HELPER_TEXT
