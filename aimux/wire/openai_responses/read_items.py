"""The items of a client's ``input``: what the conversation was, and what else stands among it.

    leading developer and system messages   ->  instructions
    message, reasoning, *_call              ->  the assistant's turn, as long as nothing else comes
    *_output                                ->  the tools' turn, likewise
    any other message                       ->  a turn of its own

So parallel calls are one turn, and reasoning belongs to the turn that it stands in (edge 141, 142).
Nothing is put in order here: what stands between a call and its output stays there (edge 143).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import (
    CallKind,
    Opaque,
    OpaqueKind,
    Part,
    Text,
    Thinking,
    Unsupported,
)
from aimux.model.request import Role
from aimux.wire import jsontext, opaque
from aimux.wire import openai_fields as fields
from aimux.wire.openai_responses.items import (
    KINDS,
    Item,
    search_of,
    words_of_search,
)
from aimux.wire.openai_responses.read_calls import (
    add_result,
    read_call,
    read_local_shell_output,
    read_output,
    read_shell_output,
)
from aimux.wire.openai_responses.read_content import parts_of
from aimux.wire.openai_responses.reading import STATE_HINT, Reading

_SERVER_CALLS: Final = ("file_search_call", "code_interpreter_call", "mcp_call")
"""What the vendor ran by itself in an earlier turn, with what came of it."""
_SERVER_DETAILS: Final = (
    "queries", "code", "server_label", "name", "arguments", "results", "outputs", "output", "error",
)  # fmt: skip


def read_items(items: object, reading: Reading) -> None:
    """Takes ``input`` in.

    Raises:
        InvalidRequest: an item is malformed.
        UnsupportedContent: an item stands for something that the vendor keeps.
    """
    if isinstance(items, str):
        reading.turns.alone(Role.USER, [Text(jsontext.mended(items))])
        return
    for at, each in enumerate(fields.array(items, "input")):
        path = f"input[{at}]"
        item = fields.mapping(each, path)
        type_ = item.get("type")
        if type_ is None:
            _untyped(reading, item, path)
        else:
            what = fields.needed_text(type_, f"{path}.type")
            _READERS.get(what, _unknown)(reading, item, path)
    reading.turns.close()


# ---------------------------------------------------------------- messages


def _untyped(reading: Reading, item: Item, path: str) -> None:
    """An item that says no type is a message, or points at one that the vendor keeps."""
    if "role" not in item and "id" in item:
        _reference(reading, item, path)
    _message(reading, item, path)


def _message(reading: Reading, item: Item, path: str) -> None:
    parts = parts_of(item.get("content"), f"{path}.content", reading.losses)
    match item.get("role"):
        case "user":
            reading.turns.alone(Role.USER, parts)
        case "assistant":
            reading.turns.add(Role.ASSISTANT, *parts)
        case "system" | "developer":
            reading.turns.instruct(_words(parts, f"{path}.content"))
        case role:
            raise fields.wrong(role, f"{path}.role", "one of user, assistant, system, developer")


def _words(parts: list[Part], path: str) -> list[Text]:
    words = [part for part in parts if isinstance(part, Text)]
    if len(words) < len(parts):
        raise UnsupportedContent(f"{path}: instructions can only be text", param=path)
    return words


def _reasoning(reading: Reading, item: Item, path: str) -> None:
    text = _thought(item, path)
    value = fields.text(item.get("encrypted_content"), f"{path}.encrypted_content")
    state = opaque.open_carrier(value)
    if state is None and value and not opaque.is_carrier(value):
        state = Opaque(OpaqueKind.OPENAI_REASONING, value)
    if state is not None and state.kind is OpaqueKind.GEMINI_SIGNATURE:
        reading.turns.sign(state)
        return
    if state is not None:
        text = text or state.text
    if text or state is not None:
        reading.turns.add(Role.ASSISTANT, Thinking(text, state))


def _thought(item: Item, path: str) -> str:
    """The readable text of a reasoning item: its summary, or else what was thought.  Both may be null
    (edge 140), and where both are there they say the same (edge 157).
    """
    for key in ("summary", "content"):
        where = f"{path}.{key}"
        texts = [
            fields.text(fields.mapping(each, f"{where}[{at}]").get("text"), f"{where}[{at}].text")
            for at, each in enumerate(fields.array(item.get(key), where))
        ]
        if said := "\n\n".join(text for text in texts if text):
            return said
    return ""


# ---------------------------------------------------------------- tools and settings among the items


def _plain(value: object) -> object:
    """A value of the history with numbers that can be looked at; the history only keeps their
    spelling.
    """
    return jsontext.loads(jsontext.dumps(value))


def _more_tools(reading: Reading, item: Item, path: str) -> None:
    reading.toolbox.add(_plain(item.get("tools")), f"{path}.tools")


def _found_tools(reading: Reading, item: Item, path: str) -> None:
    names = reading.toolbox.add(_plain(item.get("tools")), f"{path}.tools", found=True)
    if item.get("execution") == "server":
        return
    said = f"Tools loaded: {', '.join(names)}" if names else "No tools were found."
    add_result(reading, item, path, CallKind.TOOL_SEARCH, [Text(said)])


def _configuration(reading: Reading, item: Item, path: str) -> None:
    effort = fields.mapping(item.get("reasoning"), f"{path}.reasoning").get("effort")
    format_ = fields.mapping(item.get("text"), f"{path}.text").get("format")
    if effort is not None:
        reading.effort = effort
    if format_ is not None:
        reading.format = _plain(format_)


# ---------------------------------------------------------------- what the vendor did by itself


def _web_search(reading: Reading, item: Item, path: str) -> None:
    reading.losses.append(Loss("citations.dropped", path))
    words = jsontext.mended(words_of_search(search_of(item)))
    reading.turns.add(Role.ASSISTANT, Text(words))


def _server_call(reading: Reading, item: Item, path: str) -> None:
    """What else the vendor ran: in words, since no other provider knows it as a call."""
    reading.losses.append(Loss("citations.dropped", path))
    details = {key: item[key] for key in _SERVER_DETAILS if item.get(key) is not None}
    name = item["type"].removesuffix("_call").replace("_", " ")
    words = jsontext.mended(f"[ran {name}: {jsontext.text_of(details)}]")
    reading.turns.add(Role.ASSISTANT, Text(words))


def _made_image(reading: Reading, item: Item, path: str) -> None:
    del item
    reading.losses.append(Loss("image.unsupported", path))
    reading.turns.add(Role.ASSISTANT, Text("[an image that the assistant made]"))


def _reference(reading: Reading, item: Item, path: str) -> None:
    del reading, item
    raise UnsupportedContent(
        f"{path} refers to an item that another provider keeps", param=path, hint=STATE_HINT
    )


def _pass_over(reading: Reading, item: Item, path: str) -> None:
    reading.losses.append(Loss("unknown_block.dropped", path, item["type"]))


def _unknown(reading: Reading, item: Item, path: str) -> None:
    reading.turns.alone(Role.USER, [Unsupported(jsontext.mended(item["type"]), path)])


_READERS: Final[dict[str, Callable[[Reading, Item, str], None]]] = {
    "message": _message,
    "reasoning": _reasoning,
    **dict.fromkeys(KINDS, read_call),
    "function_call_output": read_output,
    "custom_tool_call_output": read_output,
    "apply_patch_call_output": read_output,
    "local_shell_call_output": read_local_shell_output,
    "shell_call_output": read_shell_output,
    "tool_search_output": _found_tools,
    "additional_tools": _more_tools,
    "configuration_update": _configuration,
    "web_search_call": _web_search,
    **dict.fromkeys(_SERVER_CALLS, _server_call),
    "image_generation_call": _made_image,
    "item_reference": _reference,
    "compaction_trigger": _pass_over,
    "mcp_list_tools": _pass_over,
}
