"""What becomes of streams on their way and in odd servers.

Harmless mutators leave what is said as it was: whoever reads tolerantly hears the same.  Harmful ones
may change it or break it: whatever comes out must still be a word of the client's grammar.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from aimux.model.request import WireFormat
from tests.support.generate.spoiling import spoiled
from tests.support.generate.upstream import DONE, FAILURES, Said

Stream = list[Said]
Mutator = Callable[[Stream], Stream]


def _each(stream: Stream, change: Callable[[Any], Any]) -> Stream:
    """The stream with every JSON event changed in a copy."""
    changed = []
    for name, data in stream:
        if isinstance(data, dict):
            data = copy.deepcopy(data)  # noqa: PLW2901 -- the copy is what is changed
            data = change(data) or data  # noqa: PLW2901 -- or what the change gives
        changed.append(Said(name, data))
    return changed


def _without_names(stream: Stream) -> Stream:
    return [Said("", data) for _, data in stream]


def _between(stream: Stream, more: Said) -> Stream:
    """One event more behind every one that may be followed."""
    return [each for event in stream[:-1] for each in (event, more)] + stream[-1:]


# ---------------------------------------------------------------- chat completions


def _deltas(change: Callable[[dict[str, Any]], None]) -> Mutator:
    def mutate(stream: Stream) -> Stream:
        def look(chunk: dict[str, Any]) -> None:
            for choice in chunk.get("choices", ()):
                change(choice["delta"])

        return _each(stream, look)

    return mutate


def _fragments(change: Callable[[dict[str, Any]], None]) -> Mutator:
    def look(delta: dict[str, Any]) -> None:
        for fragment in delta.get("tool_calls", ()):
            change(fragment)

    return _deltas(look)


def _nulls(delta: dict[str, Any]) -> None:
    for slot in ("content", "refusal", "function_call", "reasoning_content"):
        delta.setdefault(slot, None)


def _empties(delta: dict[str, Any]) -> None:
    delta.setdefault("content", "")
    delta.setdefault("tool_calls", [])


def _renamed_reasoning(delta: dict[str, Any]) -> None:
    if "reasoning_content" in delta:
        delta["reasoning"] = delta.pop("reasoning_content")


def _doubled_reasoning(delta: dict[str, Any]) -> None:
    if "reasoning_content" in delta:
        delta["reasoning"] = delta["reasoning_content"]


def _ids_on_all(stream: Stream) -> Stream:
    ids: dict[int, str] = {}

    def change(fragment: dict[str, Any]) -> None:
        fragment["id"] = ids.setdefault(fragment["index"], fragment.get("id", ""))

    return _fragments(change)(stream)


def _always_first(stream: Stream) -> Stream:
    """Index 0 on every call: a new id with a name tells where the next begins."""
    return _fragments(lambda fragment: fragment.update(index=0))(stream)


def _no_index(stream: Stream) -> Stream:
    return _fragments(lambda fragment: fragment.pop("index") and None)(_ids_on_all(stream))


def _gaps(stream: Stream) -> Stream:
    return _fragments(lambda fragment: fragment.update(index=fragment["index"] * 2 + 1))(stream)


def _whole_calls(stream: Stream) -> Stream:
    """Each call in one chunk."""
    merged: Stream = []
    for name, data in stream:
        fragment = _fragment(data)
        if fragment is not None and "id" not in fragment:
            last = _fragment(merged[-1].data)
            assert last is not None
            last["function"]["arguments"] += fragment["function"]["arguments"]
            continue
        merged.append(Said(name, copy.deepcopy(data)))
    return merged


def _fragment(data: Any) -> dict[str, Any] | None:
    if not isinstance(data, dict) or not data.get("choices"):
        return None
    calls = data["choices"][0]["delta"].get("tool_calls")
    return calls[0] if calls else None


def _usage_on_finish(stream: Stream) -> Stream:
    (_, usage), last = stream[-2], copy.deepcopy(stream[-3])
    last.data["usage"] = usage["usage"]
    return [*stream[:-3], last, DONE]


def _usage_in_choice(stream: Stream) -> Stream:
    (_, usage), last = stream[-2], copy.deepcopy(stream[-3])
    last.data["choices"][0]["usage"] = usage["usage"]
    return [*stream[:-3], last, DONE]


def _stop_for_calls(stream: Stream) -> Stream:
    def change(chunk: dict[str, Any]) -> None:
        for choice in chunk.get("choices", ()):
            if choice["finish_reason"] == "tool_calls":
                choice["finish_reason"] = "stop"

    return _each(stream, change)


def _other_ids(stream: Stream) -> Stream:
    count = iter(range(10**6))
    return _each(stream, lambda chunk: chunk.update(id=f"chatcmpl-{next(count)}"))


_CHAT: Final[dict[str, Mutator]] = {
    "nulls": _deltas(_nulls),
    "empties": _deltas(_empties),
    "no role": _deltas(lambda delta: delta.pop("role", None) and None),
    "role on all": _deltas(lambda delta: delta.update(role="assistant")),
    "reasoning": _deltas(_renamed_reasoning),
    "reasoning twice": _deltas(_doubled_reasoning),
    "ids on all": _ids_on_all,
    "index 0": _always_first,
    "no index": _no_index,
    "gaps": _gaps,
    "whole calls": _whole_calls,
    "usage on finish": _usage_on_finish,
    "usage in choice": _usage_in_choice,
    "stop for calls": _stop_for_calls,
    "other ids": _other_ids,
    "no done": lambda stream: stream[:-1],
    "done twice": lambda stream: [*stream, DONE],
    "after done": lambda stream: [*stream, stream[0]],
    "empty chunks": lambda stream: _between(stream, Said("", {})),
    "null chunks": lambda stream: _between(stream, Said("", "null")),
    "no choices": lambda stream: _between(stream, Said("", {"id": "x", "choices": []})),
    "named": lambda stream: [Said("message", data) for _, data in stream],
    "obfuscated": lambda stream: _each(stream, lambda chunk: chunk.update(obfuscation="zzz")),
}

# ---------------------------------------------------------------- anthropic


def _no_stops(stream: Stream) -> Stream:
    return [event for event in stream if event.name != "content_block_stop"]


def _null_usage(stream: Stream) -> Stream:
    def change(event: dict[str, Any]) -> None:
        if event["type"] == "message_delta":
            event["usage"] |= {"input_tokens": None, "cache_read_input_tokens": None}

    return _each(stream, change)


def _two_ends(stream: Stream) -> Stream:
    """The stop reason first, the usage in a second event."""
    *before, last, stop = stream
    early = copy.deepcopy(last)
    early.data["usage"] = {"output_tokens": 0}
    late = copy.deepcopy(last)
    return [*before, early, late, stop]


_MESSAGES: Final[dict[str, Mutator]] = {
    "no names": _without_names,
    "pings": lambda stream: _between(stream, Said("ping", {"type": "ping"})),
    "new events": lambda stream: _between(stream, Said("news", {"type": "news", "x": 1})),
    "no message_stop": lambda stream: stream[:-1],
    "no block stops": _no_stops,
    "null usage": _null_usage,
    "two ends": _two_ends,
}

# ---------------------------------------------------------------- responses


def _no_deltas(stream: Stream) -> Stream:
    return [event for event in stream if not event.name.endswith(".delta")]


def _only_done(stream: Stream) -> Stream:
    kept = ("response.created", "response.output_item.done")
    return [event for event in stream if event.name in kept] + stream[-1:]


def _rotating_ids(stream: Stream) -> Stream:
    count = iter(range(10**6))

    def change(event: dict[str, Any]) -> None:
        if "item_id" in event:
            event["item_id"] = f"item_{next(count)}"

    return _each(stream, change)


def _no_numbers(stream: Stream) -> Stream:
    return _each(stream, lambda event: event.pop("sequence_number") and None)


def _no_output(stream: Stream) -> Stream:
    last = copy.deepcopy(stream[-1])
    last.data["response"]["output"] = []
    return [*stream[:-1], last]


_RESPONSES: Final[dict[str, Mutator]] = {
    "no names": _without_names,
    "no deltas": _no_deltas,
    "only done": _only_done,
    "rotating ids": _rotating_ids,
    "no numbers": _no_numbers,
    "no output": _no_output,
    "done": lambda stream: [*stream, DONE],
    "new events": lambda stream: _between(stream, Said("response.news", {"type": "response.news"})),
}

# ---------------------------------------------------------------- gemini


def _finish_on_all(stream: Stream) -> Stream:
    def change(response: dict[str, Any]) -> None:
        response["candidates"][0].setdefault("finishReason", "STOP")

    return _each(stream, change)


def _no_ids(stream: Stream) -> Stream:
    def change(response: dict[str, Any]) -> None:
        for part in response["candidates"][0]["content"]["parts"]:
            part.get("functionCall", {}).pop("id", None)

    return _each(stream, change)


def _in_one(stream: Stream) -> Stream:
    last = copy.deepcopy(stream[-1])
    contents = [event.data["candidates"][0]["content"] for event in stream]
    last.data["candidates"][0]["content"]["parts"] = [
        part for content in contents for part in content["parts"]
    ]
    return [last]


def _bare_end(stream: Stream) -> Stream:
    last = copy.deepcopy(stream[-1])
    del last.data["candidates"][0]["content"]
    return [*stream[:-1], last]


def _running_usage(stream: Stream) -> Stream:
    usage = {"promptTokenCount": 0, "totalTokenCount": 0}
    return _each(stream[:-1], lambda response: response.update(usageMetadata=usage)) + stream[-1:]


_CONTENTS: Final[dict[str, Mutator]] = {
    "finish on all": _finish_on_all,
    "no ids": _no_ids,
    "in one": _in_one,
    "bare end": _bare_end,
    "running usage": _running_usage,
    "metadata only": lambda stream: _between(stream, Said("", {"responseId": "resp-1"})),
}

HARMLESS: Final[dict[WireFormat, dict[str, Mutator]]] = {
    WireFormat.ANTHROPIC: _MESSAGES,
    WireFormat.OPENAI_CHAT: _CHAT,
    WireFormat.OPENAI_RESPONSES: _RESPONSES,
    WireFormat.GEMINI: _CONTENTS,
}
"""By their names, for the message of a test that fails."""


# ---------------------------------------------------------------- harm


@st.composite
def harmed(draw: st.DrawFn, wire_format: WireFormat, stream: Stream) -> Stream:
    """The stream with one or two things done to it that no server should do."""
    for _ in range(draw(st.integers(1, 2))):
        if not stream:
            break
        at = draw(st.integers(0, len(stream) - 1))
        event = stream[at]
        match draw(
            st.sampled_from(["drop", "twice", "swap", "cut", "fail", "spoil", "spoil", "junk"])
        ):
            case "drop":
                stream = [*stream[:at], *stream[at + 1 :]]
            case "twice":
                stream = [*stream[:at], event, *stream[at:]]
            case "swap":
                stream = [*stream[at:], *stream[:at]]
            case "cut":
                stream = stream[:at]
            case "fail":
                stream = [*stream[:at], FAILURES[wire_format], *stream[at:]]
            case "spoil" if isinstance(event.data, dict) and event.data:
                stream = [
                    *stream[:at],
                    Said(event.name, draw(spoiled(event.data))),
                    *stream[at + 1 :],
                ]
            case _:
                junk = draw(
                    st.sampled_from(["{", "[]", "[1]", "3", '"text"', "", "[DONE", "{}", "null"])
                )
                stream = [*stream[:at], Said(event.name, junk), *stream[at:]]
    return stream


# ---------------------------------------------------------------- framing

_LINES: Final = (b"\n", b"\r\n", b"\r")
_NOISE: Final = (b": comment\n", b"id: 7\n", b"retry: 3000\n", b": OPENROUTER PROCESSING\n\n")


def _noisy(raw: bytes, noise: bytes) -> bytes:
    return b"".join(noise + block + b"\n\n" for block in raw.split(b"\n\n")[:-1])


FRAMINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "as it is": lambda raw: raw,
    "crlf": lambda raw: raw.replace(b"\n", b"\r\n"),
    "cr": lambda raw: raw.replace(b"\n", b"\r"),
    "no last blank line": lambda raw: raw[:-1],
    "no last line end": lambda raw: raw[:-2],
    "no spaces": lambda raw: raw.replace(b"\ndata: ", b"\ndata:").replace(b"data: {", b"data:{", 1),
    "bom": lambda raw: b"\xef\xbb\xbf" + raw,
    "comments": lambda raw: _noisy(raw, _NOISE[0]),
    "ids": lambda raw: _noisy(raw, _NOISE[1]),
    "retries": lambda raw: _noisy(raw, _NOISE[2]),
    "keep-alives": lambda raw: _noisy(raw, _NOISE[3]),
}
"""Ways to frame the same events; none of them changes what is said."""
