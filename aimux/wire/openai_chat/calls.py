"""Calls of tools, put together from the fragments in which servers write them.

The vendor's own rule is simple: the first fragment of a call has its index, id and name, all others the
index and a piece of the arguments.  Compatible servers keep each half of it: indexes with gaps, always
0 or none at all, ids in every fragment, late, changing or never, names behind the arguments, arguments
as an object.  So, for each fragment (reference: protocols, 2.17.3):

    whose is it?    that of its index; without one, that of its id; without both, the last one's.
                    It is a new call where there is none, and where a fragment that names a tool
                    cannot go on with the call it would belong to: the id is another, or the
                    arguments so far are one whole piece.
    when is it      as soon as its name is known, its id is known or no longer waited for, and all
    said?           calls that appeared before it are said.
    when does it    when the answer ends; or when the next one begins and its arguments are complete.
    end?            That they could be complete is no reason by itself: a piece may still come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from aimux.model.parts import CallKind, Opaque, OpaqueKind, ToolCall
from aimux.wire.blocks import Blocks
from aimux.wire.errorkinds import mapping
from aimux.wire.openai_chat.call import Call
from aimux.wire.openai_chat.signatures import signature_in
from aimux.wire.target import Target

_PATIENCE: Final = 4
"""Fragments with which a call waits for its id; then its arguments stream without one."""

_LEGACY: Final = -1
"""The index of the one call that ``function_call`` can make."""


class Calls:
    """The calls of one answer, each a block of ``blocks``.

    ``before`` is called before a call is said: what is open beside it must be closed.
    """

    __slots__ = (
        "_before", "_blocks", "_by_id", "_by_index", "_last", "_open", "_pending", "_target",
        "going_on", "made", "nameless",
    )  # fmt: skip

    def __init__(self, blocks: Blocks, target: Target, before: Callable[[], None]) -> None:
        self._blocks = blocks
        self._target = target
        self._before = before
        self._by_index: dict[int, Call] = {}
        self._by_id: dict[str, Call] = {}
        self._last: Call | None = None
        self._pending: deque[Call] = deque()
        """Calls that are not said yet, in the order of their appearance."""
        self._open: dict[Call, None] = {}
        self.made = 0
        self.nameless = 0
        """Calls left out since no tool was ever named."""
        self.going_on: Call | None = None
        """The call of the last chunk, where that had nothing but one more piece of its arguments."""

    def fragments(self, entries: list[Any]) -> None:
        """Takes the ``tool_calls`` of one chunk."""
        self.going_on = None
        for entry in entries:
            if isinstance(entry, dict):
                body = _body(entry)
                call = self._owner(entry, body)
                only_grows = len(entries) == 1 and "extra_content" not in entry
                if only_grows and not body.get("name"):
                    self.going_on = call
                self._grow(call or self._begin(entry), entry, body)

    def whole(self, entries: list[Any]) -> None:
        """Takes those of a whole message: every entry is a call."""
        self.going_on = None
        for entry in entries:
            if isinstance(entry, dict):
                self._grow(self._begin(entry), entry, _body(entry))

    def legacy(self, function_call: dict[str, Any]) -> None:
        """Takes a ``function_call``, the form before there were several."""
        self.fragments([{"index": _LEGACY, "function": function_call}])

    def finish(self) -> None:
        """The answer ends, and all calls with it."""
        for call in self._pending:
            call.fragments = _PATIENCE
        self._say_ready(leaving_out=True)
        for call in tuple(self._open):
            self._close(call)

    # ------------------------------------------------------------ whose fragment it is

    def _owner(self, entry: dict[str, Any], body: dict[str, Any]) -> Call | None:
        """The call that a fragment goes on with, or None where it begins one."""
        index, id_ = entry.get("index"), _text(entry.get("id"))
        name = _text(body.get("name"))
        if type(index) is int:
            call = self._by_index.get(index)
            if id_ and not name:
                call = self._by_id.get(id_, call)
        elif id_:
            call = self._by_id.get(id_) or self._without_id(name)
        else:
            call = self._last
        if call is None or (name and _is_another(call, id_, name, body)):
            return None
        return call

    def _without_id(self, name: str) -> Call | None:
        """For an id that nobody has: the last call, where that still waits for its own."""
        last = self._last
        return last if last is not None and not last.id and not name else None

    def _begin(self, entry: dict[str, Any]) -> Call:
        custom = entry.get("type") == "custom" or isinstance(entry.get("custom"), dict)
        call = Call(CallKind.CUSTOM if custom else CallKind.FUNCTION)
        index = entry.get("index")
        if type(index) is int:
            self._by_index[index] = call
        previous, self._last = self._last, call
        if previous is not None:
            self._settle(previous)
        self._pending.append(call)
        return call

    def _settle(self, call: Call) -> None:
        """Another call begins: this one's id will not come, and it may be complete."""
        call.fragments = _PATIENCE
        self._say_ready()
        if call.opened and not call.closed and call.is_settled():
            self._close(call)

    # ------------------------------------------------------------ what it brings

    def _grow(self, call: Call, entry: dict[str, Any], body: dict[str, Any]) -> None:
        id_ = _text(entry.get("id"))
        if id_ and not call.id:
            call.id = id_
            self._by_id[id_] = call
        call.name = call.name or _text(body.get("name"))
        if "extra_content" in entry and (signature := signature_in(entry)):
            target = self._target
            kind = OpaqueKind.GEMINI_SIGNATURE
            call.state = Opaque(kind, signature, target.provider, target.model)
        if not call.take(body.get("input" if call.kind is CallKind.CUSTOM else "arguments")):
            self._blocks.lost.add("call.rest_dropped", call.name)
        call.fragments += 1
        self._last = call
        if not call.opened:
            self._say_ready()
        elif not call.closed:
            self._blocks.add(call, call.next_piece())

    def _say_ready(self, *, leaving_out: bool = False) -> None:
        """Says the calls that can be said, in the order of their appearance."""
        while self._pending:
            call = self._pending[0]
            if not call.name:
                if not leaving_out:
                    return
                self._pending.popleft()
                if call.id or call.arguments:
                    self.nameless += 1
                    self._blocks.lost.add("call.nameless", call.id)
                continue
            if not call.id and call.fragments < _PATIENCE:
                return
            self._pending.popleft()
            self._say(call)

    def _say(self, call: Call) -> None:
        self._before()
        call.opened = True
        self.made += 1
        self._open[call] = None
        self._blocks.open(call, ToolCall(call.id, call.name, kind=call.kind, state=call.state))
        self._blocks.add(call, call.next_piece())
        call.state = None  # said with the call

    def _close(self, call: Call) -> None:
        self._blocks.add(call, call.last_piece())
        if call.state is not None:
            self._blocks.sign(call, call.state)
        self._blocks.close(call)
        call.closed = True
        call.arguments.clear()
        del self._open[call]


def _is_another(call: Call, id_: str, name: str, body: dict[str, Any]) -> bool:
    """Whether a fragment that names a tool cannot go on with a call."""
    if id_ and call.id and id_ != call.id:
        return True
    if not call.name or (name == call.name and id_ and id_ == call.id):
        return False
    if call.closed:
        return True
    if not call.came_whole():
        return False
    return name != call.name or (not call.is_stub and bool(body.get("arguments")))


def _body(entry: dict[str, Any]) -> dict[str, Any]:
    """Where a fragment has the name and the arguments."""
    function = entry.get("function")
    if function and isinstance(function, dict):
        return function
    return mapping(entry.get("custom"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
