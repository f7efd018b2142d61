"""Conversations put in order: every call with its result behind it, and nothing that answers nothing.

Clients send what they have kept: turns that were interrupted, results twice or before the user's
words, ids that every answer starts anew.  Vendors refuse it.  Here a conversation becomes one in which

    - consecutive messages of the assistant are one, so that parallel calls stand together;
    - every call has an id of its own, and the message behind it begins with the results of all its
      calls in their order;
    - a call that was never answered has a result that says so, a result whose call is gone is a note
      of the user's, of two results the first that says something counts.

What is done is a function of the conversation so far, so that a later turn does not change how an
earlier one is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from aimux.model.loss import Loss
from aimux.model.parts import Part, Text, ToolCall, ToolResult
from aimux.model.request import Message, Role
from aimux.wire.names import valid_id
from aimux.wire.rules import Rules

INTERRUPTED: Final = "[no result: the call was interrupted]"


class _Pairing:
    """Calls and results matched while the conversation is read from its beginning."""

    def __init__(self, rules: Rules, losses: list[Loss]) -> None:
        self._rules = rules
        self._losses = losses
        self._taken: set[str] = set()
        self._waiting: dict[str, list[str]] = {}
        """By the id the client wrote: the calls of its last turn that have no result yet, by their new
        id.  A later turn's call of the same id ends the wait of the earlier ones.
        """
        self._turn_of: dict[str, int] = {}
        self.turn = 0
        self._answered: dict[str, str] = {}
        """By the id the client wrote: the last call under it that has a result."""
        self._calls: dict[str, ToolCall] = {}
        self._unnamed = 0
        self.results: dict[str, ToolResult] = {}

    def call(self, call: ToolCall) -> ToolCall:
        """A call with an id of its own."""
        written = call.id
        if not written:  # Gemini's calls may have none; results find them by name and order
            self._unnamed += 1
            id_ = valid_id(f"call_{call.name}_{self._unnamed}", self._rules)
        else:
            id_ = valid_id(written, self._rules)
        if id_ in self._taken:
            count = 2
            while (again := valid_id(f"{written or id_}_{count}", self._rules)) in self._taken:
                count += 1
            id_ = again
        if written and id_ != written:
            self._losses.append(Loss("tool_id.rewritten", detail=written[:80]))
        self._taken.add(id_)
        if self._turn_of.get(written) != self.turn:
            self._turn_of[written] = self.turn
            self._waiting[written] = []
        self._waiting[written].append(id_)
        settled = replace(call, id=id_) if id_ != written else call
        self._calls[id_] = settled
        return settled

    def result(self, result: ToolResult) -> Text | ToolResult | None:
        """Takes a result in.  What is left at its place: nothing, or a note where it has no call."""
        id_ = self._claim(result)
        if id_ is not None:
            call = self._calls[id_]
            self.results[id_] = replace(
                result, call_id=id_, name=result.name or call.name, kind=call.kind
            )
            return None
        earlier = self._answered.get(result.call_id) if result.call_id else None
        if earlier is None:
            self._losses.append(Loss("tool_result.orphan", detail=result.call_id[:80]))
            return _note(result)
        if not says_something(self.results[earlier].content) and says_something(result.content):
            self.results[earlier] = replace(self.results[earlier], content=result.content)
        return None

    def _claim(self, result: ToolResult) -> str | None:
        """The call that a result answers, taken off those that wait."""
        waiting = self._waiting.get(result.call_id)
        if waiting and (result.call_id or not result.name):
            id_ = waiting.pop(0)
        else:
            named = self._named(result) if not result.call_id else None
            if named is None:
                return None
            id_ = named
        self._answered[result.call_id] = id_
        return id_

    def _named(self, result: ToolResult) -> str | None:
        """For a result without an id: the first call of its name that waits, under whatever id."""
        for waiting in self._waiting.values():
            for id_ in waiting:
                if self._calls[id_].name == result.name:
                    waiting.remove(id_)
                    return id_
        return None

    def answers(self, calls: Iterable[ToolCall]) -> list[ToolResult]:
        """The results of calls in their order, those that are missing made."""
        found = []
        for call in calls:
            result = self.results.get(call.id)
            if result is None:
                self._losses.append(Loss("tool_result.synthesised", detail=call.id))
                result = ToolResult(
                    call.id, (Text(INTERRUPTED),), is_error=True, name=call.name, kind=call.kind
                )
            found.append(result)
        return found


def says_something(content: Sequence[object]) -> bool:
    """Whether a result holds anything but empty text."""
    return any(not isinstance(each, Text) or each.text for each in content)


def _note(result: ToolResult) -> Text:
    said = " ".join(each.text for each in result.content if isinstance(each, Text))
    of = f" of {result.name}" if result.name else ""
    return Text(f"[a tool's result{of} whose call is not in the conversation] {said}".strip())


def settled(
    messages: Iterable[Message], rules: Rules, losses: list[Loss]
) -> list[tuple[Role, list[Part]]]:
    """The conversation in order, as roles with their parts; see the module."""
    pairing = _Pairing(rules, losses)
    turns: list[tuple[Role, list[Part]]] = []
    for message in messages:
        parts: list[Part] = []
        if message.role is Role.ASSISTANT and not (turns and turns[-1][0] is Role.ASSISTANT):
            pairing.turn += 1
        for part in message.parts:
            match part:
                case ToolCall():
                    parts.append(pairing.call(part))
                case ToolResult():
                    note = pairing.result(part)
                    if note is not None:
                        parts.append(note)
                case _:
                    parts.append(part)
        if turns and turns[-1][0] is message.role is Role.ASSISTANT:
            turns[-1][1].extend(parts)
        else:
            turns.append((message.role, parts))
    return _with_results(turns, pairing)


def _with_results(
    turns: list[tuple[Role, list[Part]]], pairing: _Pairing
) -> list[tuple[Role, list[Part]]]:
    """Each turn of calls followed by its results, before whatever the user said then."""
    ordered: list[tuple[Role, list[Part]]] = []
    results: list[Part] = []
    for role, parts in turns:
        if results:
            if role is Role.USER:
                parts = [*results, *parts]  # noqa: PLW2901 -- the turn, completed
            else:
                ordered.append((Role.USER, results))
        results = []
        if role is Role.ASSISTANT:
            results = list(pairing.answers(each for each in parts if isinstance(each, ToolCall)))
        ordered.append((role, parts))
    if results:
        ordered.append((Role.USER, results))
    return ordered
