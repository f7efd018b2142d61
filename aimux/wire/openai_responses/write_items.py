"""A conversation as the items of ``input``.

Items carry no ids of their own: an id says that the vendor keeps the item, and one that it does not find,
or whose reasoning is gone, is a 400 (edge 151).  Reasoning goes back only as the vendor's own encrypted
state, and only before something that it led to (protocols 1.3.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, assert_never

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import (
    CallKind,
    Media,
    Opaque,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
    WebSearch,
)
from aimux.model.request import Message, Role
from aimux.wire import jsontext
from aimux.wire.arguments import object_of
from aimux.wire.openai_responses.items import (
    CALL_TYPES,
    Item,
    call_item,
    words_of_search,
)
from aimux.wire.openai_responses.write_content import Content, spoken

_SPEAKERS: Final = {Role.USER: "user", Role.SYSTEM: "developer"}


def message(role: str, content: list[Item]) -> Item:
    """A message."""
    return {"type": "message", "role": role, "content": content}


class Input:
    """Writes messages in order.  ``items`` are those written so far."""

    def __init__(self, content: Content, losses: list[Loss]) -> None:
        self._content = content
        self._losses = losses
        self._said: list[Item] = []
        self._thoughts: list[Item] = []
        self._forgot = False
        self.items: list[Item] = []

    def write(self, messages: Iterable[Message]) -> None:
        """Adds messages.

        Raises:
            UnsupportedContent: one holds content that cannot be said.
        """
        for each in messages:
            if each.role is Role.ASSISTANT:
                self._assistant(each)
            else:
                self._speaker(each)
        if self._forgot:
            self._losses.append(Loss("thinking.dropped_foreign"))

    # ------------------------------------------------------------ the user and the developer

    def _speaker(self, said: Message) -> None:
        role = _SPEAKERS[said.role]
        for part in said.parts:
            match part:
                case Text() | Media():
                    self._said.append(self._content.said(part))
                case ToolResult():
                    self._flush(role)
                    self.items.append(self._output(part))
                case _:
                    raise _unsayable(part)
        self._flush(role)

    def _flush(self, role: str) -> None:
        if self._said:
            self.items.append(message(role, self._said))
            self._said = []

    def _output(self, result: ToolResult) -> Item:
        item: Item = {
            "type": f"{CALL_TYPES[result.kind]}_output",
            "call_id": result.call_id,
        }
        output = self._content.output(result)
        match result.kind:
            case CallKind.TOOL_SEARCH:  # what it has found is declared among the tools
                item |= {"type": "tool_search_output", "execution": "client", "tools": []}
            case CallKind.SHELL:
                item["output"] = _shell_output(output, failed=result.is_error)
            case CallKind.APPLY_PATCH:
                status = "failed" if result.is_error else "completed"
                item |= {"status": status, "output": _text_of(output)}
            case CallKind.LOCAL_SHELL:
                item |= {"id": result.call_id, "output": _text_of(output)}
            case CallKind.FUNCTION | CallKind.CUSTOM:
                item["output"] = output
            case _:
                assert_never(result.kind)
        return item

    # ------------------------------------------------------------ the assistant

    def _assistant(self, said: Message) -> None:
        for part in said.parts:
            match part:
                case Text() | Refusal():
                    self._speak(spoken(part))
                case WebSearch():
                    self._losses.append(Loss("citations.dropped"))
                    self._speak(spoken(Text(words_of_search(part))))
                case Thinking():
                    self._think(part)
                case ToolCall():
                    self._call(part)
                case Media():
                    self._show(part)
                case _:
                    raise _unsayable(part)
        self._flush("assistant")
        self._forget()

    def _speak(self, content: Item) -> None:
        self._recall()
        self._said.append(content)

    def _call(self, call: ToolCall) -> None:
        self._flush("assistant")
        self._recall()
        arguments = call.arguments
        if call.kind is CallKind.FUNCTION:
            arguments = self._arguments(arguments)
        self.items.append(call_item(call, arguments))

    def _arguments(self, arguments: str) -> str:
        """Arguments that are an object: servers read them, and some fail over anything else."""
        if jsontext.object_text(arguments) is not None:
            return arguments
        text, wrapped = object_of(arguments)
        if wrapped:
            self._losses.append(Loss("stream.repaired"))
        return text

    def _show(self, medium: Media) -> None:
        """An image that the assistant made: only users can show one in this format."""
        self._flush("assistant")
        self._forget()
        self.items.append(message("user", [self._content.said(medium)]))

    # ------------------------------------------------------------ reasoning

    def _think(self, thinking: Thinking) -> None:
        state = thinking.state
        if state is None or state.kind is not OpaqueKind.OPENAI_REASONING or not state.value:
            self._forgot = True
            return
        self._flush("assistant")
        self._thoughts.append(_reasoning(thinking.text, state))

    def _recall(self) -> None:
        """What was thought, right before what it led to."""
        self.items += self._thoughts
        self._thoughts = []

    def _forget(self) -> None:
        """Reasoning that led to nothing is refused."""
        self._forgot = self._forgot or bool(self._thoughts)
        self._thoughts = []


def _reasoning(text: str, state: Opaque) -> Item:
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": state.value}


def _text_of(output: str | list[Item]) -> str:
    return output if isinstance(output, str) else jsontext.text_of(output)


def _shell_output(output: str | list[Item], *, failed: bool) -> object:
    """What shell commands printed, as it came from a client of this format, or else all of it as the
    output of one.
    """
    text = _text_of(output)
    try:
        value = jsontext.loads(text)
    except ValueError:
        value = None
    if isinstance(value, list):
        return value
    outcome = {"type": "exit", "exit_code": int(failed)}
    return [{"stdout": text, "stderr": "", "outcome": outcome}]


def _unsayable(part: Part) -> UnsupportedContent:
    what, path = type(part).__name__, None
    if isinstance(part, Unsupported):
        what, path = part.what, part.path
    return UnsupportedContent(
        f"{what!r} cannot be said in the Responses format",
        param=path,
        hint="route the request to a provider that speaks the client's own format",
    )
