"""The items of a provider's answer while they come, put into neutral blocks.

Servers that say they speak this format keep to it more or less, so as little as possible is relied on:

    what an item is     ``output_item.added`` tells, or ``output_item.done``, or the kind of its deltas
    which item          by ``output_index``; some proxies make up new ids with every event
    its text            by deltas; what ``done`` says beyond them is added (edge 159), and where there
                        were none it is whole
    items never seen    stand in the last event's ``output``

A block opens with its first piece, so that an item that says nothing leaves no empty one.  Of reasoning
that is told twice, as a summary and as it was (edge 157), the one that comes first counts; where both
come at once, the summary.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.parts import CallKind, Opaque, OpaqueKind, Refusal, Text, Thinking, ToolCall
from aimux.model.response import AnswerPart
from aimux.wire.blocks import Blocks
from aimux.wire.errorkinds import mapping
from aimux.wire.openai_responses.items import Item, call_of, image_of, search_of
from aimux.wire.openai_responses.read_content import citation_of
from aimux.wire.target import Target

Told = dict[str, Any]
"""The data of an event."""
Place = int | str
Key = Place | tuple[Place, object]
"""Of a block: that of its item, for a message with the number of the part."""

_TEXT: Final = Text("")
_REFUSAL: Final = Refusal("")
_THINKING: Final = Thinking("")
_UNSAID: Final = frozenset({"tool_search_output", "mcp_list_tools"})
"""Items that tell a client nothing of the answer."""
_STREAMED: Final = frozenset({CallKind.FUNCTION, CallKind.CUSTOM})


class _Under:
    """What has been read of one item.

    ``sent`` counts the characters that each of its blocks has got, ``cited`` the sources.  ``source`` is
    the text of reasoning that counts, ``section`` the part of it that is being read.
    """

    __slots__ = ("cited", "done", "held", "section", "sent", "source")

    def __init__(self) -> None:
        self.sent: dict[Key, int] = {}
        self.cited: dict[Key, int] = {}
        self.held: list[str] = []
        self.source = ""
        self.section: object = None
        self.done = False


class Incoming:
    """The items of one answer.  ``called`` and ``refused`` tell whether one is a call, or refuses."""

    __slots__ = (
        "_blocks",
        "_finished",
        "_grown",
        "_items",
        "_seen",
        "_target",
        "called",
        "refused",
    )

    def __init__(self, blocks: Blocks, target: Target) -> None:
        self._blocks = blocks
        self._target = target
        self._items: dict[Place, _Under] = {}
        self._seen: set[tuple[str, str]] = set()
        self._finished = 0
        self._grown: tuple[dict[Key, int], Key] = {}, ""
        """What has grown last: the counts of its item, and its key in them."""
        self.called = False
        self.refused = False

    def _under(self, place: Place) -> _Under:
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = _Under()
        return item

    def _grow(self, item: _Under, key: Key, part: AnswerPart, piece: object) -> None:
        """A piece of a block, which opens with it."""
        if not isinstance(piece, str) or not piece:
            return
        if key not in self._blocks:
            self._blocks.open(key, part)
        self._blocks.add(key, piece)
        item.sent[key] = item.sent.get(key, 0) + len(piece)
        self._grown = item.sent, key

    def go_on(self, piece: str) -> None:
        """What has grown last has grown again, by a piece that the caller has told."""
        sent, key = self._grown
        sent[key] += len(piece)

    def _complete(self, item: _Under, key: Key, part: AnswerPart, whole: object) -> None:
        """What a whole text says beyond its pieces."""
        if isinstance(whole, str):
            self._grow(item, key, part, whole[item.sent.get(key, 0) :])

    # ------------------------------------------------------------ messages

    def text(self, told: Told) -> None:
        """A piece of text."""
        place = _place(told)
        self._grow(self._under(place), _key(place, told), _TEXT, told.get("delta"))

    def refusal(self, told: Told) -> None:
        """A piece of a refusal."""
        place = _place(told)
        self.refused = True
        self._grow(self._under(place), _key(place, told), _REFUSAL, told.get("delta"))

    def annotation(self, told: Told) -> None:
        """A source of a text that is under way."""
        place = _place(told)
        item, key = self._under(place), _key(place, told)
        source = told.get("annotation")
        if key in self._blocks:
            item.cited[key] = item.cited.get(key, 0) + 1
            self._source(key, source)

    def text_done(self, told: Told) -> None:
        """A whole text."""
        place = _place(told)
        self._complete(self._under(place), _key(place, told), _TEXT, told.get("text"))

    def part_done(self, told: Told) -> None:
        """A whole part of a message."""
        place = _place(told)
        self._part(self._under(place), _key(place, told), mapping(told.get("part")))

    def _part(self, item: _Under, key: Key, part: Item) -> None:
        match part.get("type"):
            case "output_text":
                self._complete(item, key, _TEXT, part.get("text"))
                self._cite(item, key, part.get("annotations"))
            case "refusal":
                self.refused = True
                self._complete(item, key, _REFUSAL, part.get("refusal"))
            case "summary_text" | "reasoning_text":  # parts of reasoning, told with it
                return
            case kind:
                self._blocks.lost.add("unknown_block.dropped", kind)
                return
        self._blocks.close(key)

    def _cite(self, item: _Under, key: Key, annotations: object) -> None:
        """The sources that are new, all of them being told each time."""
        if key not in self._blocks or not isinstance(annotations, list):
            return
        for each in annotations[item.cited.get(key, 0) :]:
            self._source(key, each)
        item.cited[key] = len(annotations)

    def _source(self, key: Key, source: object) -> None:
        """A source of a text; one that is no address of the web is lost."""
        citation = citation_of(source)
        if citation is not None:
            self._blocks.cite(key, citation)
        else:
            self._blocks.lost.add("citations.dropped", mapping(source).get("type"))

    # ------------------------------------------------------------ reasoning

    def summary(self, told: Told) -> None:
        """A piece of what a summary of the reasoning says."""
        self._think(told, "summary", told.get("summary_index"))

    def reasoning(self, told: Told) -> None:
        """A piece of the reasoning itself."""
        self._think(told, "content", told.get("content_index"))

    def _think(self, told: Told, source: str, section: object) -> None:
        place = _place(told)
        item, piece = self._under(place), told.get("delta")
        if item.source not in {"", source} or not isinstance(piece, str) or not piece:
            return
        if item.source and section != item.section:
            piece = "\n\n" + piece
        item.source, item.section = source, section
        self._begin_thinking(place)
        self._grow(item, place, _THINKING, piece)

    def _begin_thinking(self, place: Place, state: str = "") -> None:
        """Opens the block and signs it: with the vendor's state, or only with whose thinking it is."""
        if place not in self._blocks:
            self._blocks.open(place, _THINKING)
        provider, model = self._target.provider, self._target.model
        if state:
            self._blocks.sign(place, Opaque(OpaqueKind.OPENAI_REASONING, state, provider, model))
        elif provider:
            self._blocks.sign(place, Opaque(OpaqueKind.TEXT, "", provider, model))

    def _reasoned(self, place: Place, item: _Under, whole: Item) -> None:
        summary, content = _joined(whole.get("summary")), _joined(whole.get("content"))
        said = content if item.source == "content" else summary
        if not item.source:
            said = summary or content
        state = whole.get("encrypted_content")
        state = state if isinstance(state, str) else ""
        if said or state:
            self._begin_thinking(place, state)
            self._complete(item, place, _THINKING, said)
        self._blocks.close(place)

    # ------------------------------------------------------------ calls

    def arguments(self, told: Told) -> None:
        """A piece of a call's input; it waits as long as nobody knows what is called."""
        place, piece = _place(told), told.get("delta")
        item = self._under(place)
        if place in self._blocks:
            self._grow(item, place, _TEXT, piece)
        elif isinstance(piece, str):
            item.held.append(piece)

    def arguments_done(self, told: Told) -> None:
        """A call's whole input."""
        place = _place(told)
        if place in self._blocks:
            whole = told.get("arguments", told.get("input"))
            self._complete(self._under(place), place, _TEXT, whole)

    def _call(self, place: Place, item: _Under, call: ToolCall) -> None:
        if not call.name:
            self._blocks.lost.add("call.nameless")
            return
        self.called = True
        if call.kind not in _STREAMED:
            self._blocks.whole(call)
            return
        self._begin_call(place, call)
        self._complete(item, place, _TEXT, call.arguments or "".join(item.held))
        self._blocks.close(place)

    def _begin_call(self, place: Place, call: ToolCall) -> None:
        if place not in self._blocks:
            shell = ToolCall(call.id, call.name, "", call.kind, call.namespace)
            self._blocks.open(place, shell)

    # ------------------------------------------------------------ items

    def added(self, told: Told) -> None:
        """An item is announced.  One that was open at the same place is complete."""
        place = _place(told)
        earlier = self._items.get(place)
        if earlier is not None:
            for key in earlier.sent:
                self._blocks.close(key)
            self._blocks.close(place)
        self._items[place] = _Under()
        call = call_of(mapping(told.get("item")))
        if call is not None and call.name and call.kind in _STREAMED:
            self.called = True
            self._begin_call(place, call)

    def done(self, told: Told) -> None:
        """An item is complete; what some servers say twice is heard once."""
        place, whole = _place(told), mapping(told.get("item"))
        if not self._under(place).done or _identity(whole) not in self._seen:
            self._finish(place, whole)

    def _finish(self, place: Place, whole: Item) -> None:
        item = self._under(place)
        item.done = True
        self._finished += 1
        self._seen.add(_identity(whole))
        match whole.get("type"):
            case "message":
                self._message(place, item, whole)
            case "reasoning":
                self._reasoned(place, item, whole)
            case "web_search_call":
                self._blocks.whole(search_of(whole))
            case "image_generation_call":
                image = image_of(whole)
                if image is not None:
                    self._blocks.whole(image)
                else:
                    self._blocks.lost.add("server_tool.untold", "image_generation_call")
            case _:
                call = call_of(whole)
                if call is not None:
                    self._call(place, item, call)
                else:
                    self._hide(str(whole.get("type") or ""))

    def _hide(self, kind: str) -> None:
        """What else the vendor runs by itself is no business of the client's."""
        if kind.endswith("_call"):
            self._blocks.lost.add("server_tool.untold", kind)
        elif kind not in _UNSAID:
            self._blocks.lost.add("unknown_block.dropped", kind)

    def _message(self, place: Place, item: _Under, whole: Item) -> None:
        content = whole.get("content")
        for at, part in enumerate(content if isinstance(content, list) else []):
            self._part(item, (place, at), mapping(part))

    def fill(self, output: object) -> None:
        """The whole output at the end: items of it that never came, and those that were not done."""
        if any(item.held and not item.done for item in self._items.values()):
            self._blocks.lost.add("call.nameless")
        if not isinstance(output, list) or self._finished >= len(output):
            return
        for at, each in enumerate(output):
            known = self._items.get(at)
            if known is not None and known.done:
                continue
            whole = mapping(each)
            if _identity(whole) not in self._seen:
                self._finish(at, whole)


def _place(told: Told) -> Place:
    """Where an event's item stands in the output."""
    index = told.get("output_index")
    return index if isinstance(index, int) else str(told.get("item_id"))


def _key(place: Place, told: Told) -> Key:
    part = told.get("content_index")
    return place, part if isinstance(part, int) else 0


def _identity(item: Item) -> tuple[str, str]:
    """What an item is the same by; without an id it is like no other."""
    return str(item.get("type")), str(item.get("call_id") or item.get("id") or id(item))


def _joined(parts: object) -> str:
    """The texts of a summary, or of reasoning, with a blank line between two."""
    if not isinstance(parts, list):
        return ""
    texts = (mapping(each).get("text") for each in parts)
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)
