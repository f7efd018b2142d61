"""The grammar of a Messages answer, streamed and whole (platform.claude.com, SDK types 2.12).

stream := message_start (ping | block)* message_delta+ message_stop  |  any prefix of it, error
block  := content_block_start content_block_delta* content_block_stop
"""

from __future__ import annotations

import re
from typing import Any, Final

from tests.support.grammar import check
from tests.support.grammar.check import keyed, must, one_of
from tests.support.grammar.framing import DONE, Sent, sent
from tests.support.grammar.told import Called, Ending, Kind, Piece, Tokens, Told, dumps, loads

ENDINGS: Final = {
    "end_turn": Ending.DONE,
    "stop_sequence": Ending.DONE,
    "pause_turn": Ending.DONE,
    "compaction": Ending.DONE,
    "max_tokens": Ending.LENGTH,
    "model_context_window_exceeded": Ending.LENGTH,
    "tool_use": Ending.CALLS,
    "refusal": Ending.REFUSED,
}
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
ID: Final = re.compile(r"[A-Za-z0-9_-]+")
ERRORS: Final = (
    "invalid_request_error", "authentication_error", "billing_error", "permission_error",
    "not_found_error", "conflict_error", "request_too_large", "rate_limit_error", "api_error",
    "timeout_error", "overloaded_error",
)  # fmt: skip
_DELTAS: Final = {
    "text": {"text_delta": "text", "citations_delta": "citation"},
    "thinking": {"thinking_delta": "thinking", "signature_delta": "signature"},
    "tool_use": {"input_json_delta": "partial_json"},
    "server_tool_use": {"input_json_delta": "partial_json"},
}
_MESSAGE: Final = "id type role model content stop_reason stop_sequence usage"
_MESSAGE_MORE: Final = "stop_details container diagnostics context_management input_transformations"
_COUNTS: Final = (
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
)  # fmt: skip
_USAGE_MORE: Final = (
    "input_tokens cache_read_input_tokens cache_creation_input_tokens cache_creation"
    " output_tokens_details server_tool_use service_tier inference_geo speed iterations"
)


def judge(stream: bytes, *, model: str | None = None) -> Told:
    """What a whole stream says.

    Raises:
        Broken: it is none of Anthropic's; the message says where.
    """
    automaton = Messages(model)
    for event in sent(stream):
        automaton.take(event)
    return automaton.told()


def judge_whole(body: bytes, *, model: str | None = None) -> Told:
    """The same for an answer that is not streamed."""
    message = loads(body)
    _message(message, model)
    seen = _Seen()
    pieces = [
        _whole_block(block, f"content[{at}]", seen) for at, block in enumerate(message["content"])
    ]
    finish = _finish(message, "the message", calls=any(p.call for p in pieces))
    usage = _usage(message["usage"], "usage", "input_tokens output_tokens")
    return _told(message, pieces, finish, message["stop_sequence"], usage)


def judge_error(body: bytes) -> str:
    """The words of an error body, after a look at its form."""
    return _error(loads(body))


class _Seen:
    """Ids that must not come twice, and searches that wait for their result."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.searches: set[str] = set()

    def new(self, value: Any, where: str) -> str:
        text = check.text(value, where, empty=False)
        must(ID.fullmatch(text), f"{where} has characters that an id cannot have: {text!r}")
        must(text not in self.ids, f"{where} came before: {text!r}")
        self.ids.add(text)
        return text


class Messages:
    """Takes the events of one stream."""

    def __init__(self, model: str | None) -> None:
        self._model = model
        self._start: dict[str, Any] = {}
        self._open: _Block | None = None
        self._pieces: list[Piece] = []
        self._delta: dict[str, Any] = {}
        self._shown: list[dict[str, Any]] = []
        self._failure = ""
        self._over = False
        self._seen = _Seen()

    def take(self, event: Sent) -> None:
        """One more event."""
        must(not self._over, f"something comes after the end: {event}")
        must(event.data != DONE, "[DONE] is no word of this format")
        kind = check.mapping(event.data, "an event").get("type")
        must(event.name == kind, f"the event is named {event.name!r} and says it is {kind!r}")
        must(kind in _EVENTS, f"no such event: {kind!r}")
        free = kind in ("message_start", "ping", "error")
        must(self._start or free, f"{kind} comes before message_start")
        _EVENTS[str(kind)](self, event.data)

    def _begin(self, event: dict[str, Any]) -> None:
        must(not self._start, "message_start comes twice")
        message = keyed(event, "message_start", "type message")["message"]
        _message(message, self._model)
        must(message["content"] == [], "the message begins with content")
        for name in ("stop_reason", "stop_sequence"):
            must(message[name] is None, f"the message begins with a {name}")
        self._shown.append(_usage(message["usage"], "message_start", "input_tokens output_tokens"))
        self._start = message

    def _ping(self, event: dict[str, Any]) -> None:
        keyed(event, "ping", "type")

    def _open_block(self, event: dict[str, Any]) -> None:
        keyed(event, "content_block_start", "type index content_block")
        must(self._open is None, "a block begins inside another")
        must(not self._delta, "a block begins after message_delta")
        index = event["index"]
        must(index == len(self._pieces), f"block {index} begins where {len(self._pieces)} must")
        self._open = _Block(event["content_block"], index, self._seen)

    def _grow(self, event: dict[str, Any]) -> None:
        keyed(event, "content_block_delta", "type index delta")
        self._opened(event["index"], "a delta").grow(event["delta"])

    def _close_block(self, event: dict[str, Any]) -> None:
        keyed(event, "content_block_stop", "type index")
        self._pieces.append(self._opened(event["index"], "a stop").piece())
        self._open = None

    def _opened(self, index: Any, what: str) -> _Block:
        block = self._open
        if block is None or block.index != index:
            raise check.Broken(f"{what} of block {index!r}, which is not open")
        return block

    def _finish(self, event: dict[str, Any]) -> None:
        keyed(
            event, "message_delta", "type delta usage", "context_management input_transformations"
        )
        must(self._open is None, "message_delta comes inside a block")
        delta = event["delta"]
        keyed(delta, "message_delta.delta", "stop_reason stop_sequence", "stop_details container")
        self._shown.append(_usage(event["usage"], "message_delta", "output_tokens"))
        self._delta = delta

    def _end(self, event: dict[str, Any]) -> None:
        keyed(event, "message_stop", "type")
        must(self._delta, "message_stop comes without message_delta")
        self._over = True

    def _fail(self, event: dict[str, Any]) -> None:
        self._failure = _error(event)
        self._over = True

    def told(self) -> Told:
        """What was said, at the end."""
        must(self._over, "the stream ends without message_stop or error")
        if self._failure:
            pieces = [*self._pieces, *([self._open.so_far()] if self._open else [])]
            return Told(tuple(pieces), Ending.FAILED, error=self._failure)
        finish = _finish(self._delta, "message_delta", calls=any(p.call for p in self._pieces))
        usage: dict[str, Any] = {}
        for each in self._shown:
            usage |= each
        for name in _COUNTS:
            shown = [each[name] for each in self._shown if name in each]
            must(not shown or max(shown) == shown[-1], f"usage {name} falls: {shown}")
        return _told(self._start, self._pieces, finish, self._delta["stop_sequence"], usage)


_EVENTS: Final = {
    "message_start": Messages._begin,
    "ping": Messages._ping,
    "content_block_start": Messages._open_block,
    "content_block_delta": Messages._grow,
    "content_block_stop": Messages._close_block,
    "message_delta": Messages._finish,
    "message_stop": Messages._end,
    "error": Messages._fail,
}


class _Block:
    """A block that is open."""

    def __init__(self, shell: Any, index: int, seen: _Seen) -> None:
        self.index = index
        self._where = f"block {index}"
        self._kind = check.mapping(shell, self._where).get("type")
        self._shell = shell
        self._pieces: list[str] = []
        self._signature = ""
        self._whole: Piece | None = None
        match self._kind:
            case "text":
                keyed(shell, self._where, "type text", "citations")
                must(shell["text"] == "", f"{self._where} begins with text")
                must(not shell.get("citations"), f"{self._where} begins with citations")
            case "thinking":
                keyed(shell, self._where, "type thinking signature")
                must(shell["thinking"] == "", f"{self._where} begins with thinking")
                must(shell["signature"] == "", f"{self._where} begins signed")
            case "tool_use" | "server_tool_use":
                must(shell.get("input") == {}, f"{self._where} begins with input")
                self._whole = _called(shell, self._where, seen)
            case _:
                self._whole = _whole_block(shell, self._where, seen)

    def grow(self, delta: Any) -> None:
        kind = check.mapping(delta, self._where).get("type")
        known = _DELTAS.get(str(self._kind), {})
        must(kind in known, f"{self._where} is a {self._kind} and gets a {kind!r}")
        slot = known[str(kind)]
        keyed(delta, f"the delta of {self._where}", f"type {slot}")
        must(not self._signature, f"{self._where} grows behind its signature")
        if kind == "citations_delta":
            _citation(delta["citation"], self._where)
            must(self._pieces, f"{self._where} is cited before it says anything")
            return
        piece = check.text(delta[slot], f"{slot} of {self._where}", empty=slot == "partial_json")
        if slot == "signature":
            self._signature = piece
        else:
            self._pieces.append(piece)

    def piece(self) -> Piece:
        """The block when it is complete."""
        so_far = self.so_far()
        if self._kind in ("text", "tool_use", "server_tool_use"):
            must("".join(self._pieces), f"{self._where}, a {self._kind}, stays empty")
        if self._kind == "thinking":
            must(so_far.text or so_far.state, f"{self._where} is neither thinking nor a signature")
        return so_far

    def so_far(self) -> Piece:
        """What of it has been said."""
        text = "".join(self._pieces)
        match self._kind:
            case "text":
                return Piece(Kind.TEXT, text)
            case "thinking":
                return Piece(Kind.THINKING, text, state=self._signature)
            case "tool_use":
                return Piece(Kind.CALL, call=Called(self._shell["id"], self._shell["name"], text))
            case _:
                assert self._whole is not None
                return self._whole


def _whole_block(block: Any, where: str, seen: _Seen) -> Piece:
    """A block that is complete from the beginning."""
    match check.mapping(block, where).get("type"):
        case "text":
            keyed(block, where, "type text", "citations")
            for citation in block.get("citations") or ():
                _citation(citation, where)
            return Piece(Kind.TEXT, check.text(block["text"], where, empty=False))
        case "thinking":
            keyed(block, where, "type thinking signature")
            text = check.text(block["thinking"], where)
            signature = check.text(block["signature"], where)
            must(text or signature, f"{where} is neither thinking nor a signature")
            return Piece(Kind.THINKING, text, state=signature)
        case "redacted_thinking":
            keyed(block, where, "type data")
            return Piece(Kind.THINKING, state=check.text(block["data"], where, empty=False))
        case "tool_use" | "server_tool_use":
            return _called(block, where, seen)
        case "web_search_tool_result":
            return _found(block, where, seen)
        case kind:
            raise check.Broken(f"{where} is of no kind that we write: {kind!r}")


def _called(block: dict[str, Any], where: str, seen: _Seen) -> Piece:
    keyed(block, where, "type id name input", "caller toolset_name")
    call_id = seen.new(block["id"], f"the id of {where}")
    name = check.text(block["name"], f"the name of {where}", empty=False)
    arguments = dumps(check.mapping(block["input"], f"the input of {where}"))
    if block["type"] == "tool_use":
        return Piece(Kind.CALL, call=Called(call_id, name, arguments))
    must(call_id.startswith("srvtoolu_"), f"{where} has the id of a client's call: {call_id!r}")
    seen.searches.add(call_id)
    return Piece(Kind.SEARCH, name)


def _found(block: dict[str, Any], where: str, seen: _Seen) -> Piece:
    keyed(block, where, "type tool_use_id content", "caller")
    must(block["tool_use_id"] in seen.searches, f"{where} is the result of no search")
    seen.searches.discard(block["tool_use_id"])
    content = block["content"]
    if isinstance(content, dict):
        keyed(content, where, "type error_code")
        return Piece(Kind.SEARCH, str(content["error_code"]))
    for hit in check.items(content, where):
        keyed(hit, where, "type url title encrypted_content", "page_age")
        one_of(hit["type"], where, "web_search_result")
        check.text(hit["encrypted_content"], f"encrypted_content of {where}", empty=False)
    return Piece(Kind.SEARCH, " ".join(hit["url"] for hit in content))


def _citation(citation: Any, where: str) -> None:
    keyed(citation, f"a citation of {where}", "type url title encrypted_index cited_text")
    one_of(citation["type"], where, "web_search_result_location")


def _message(message: Any, model: str | None) -> None:
    keyed(message, "the message", _MESSAGE, _MESSAGE_MORE)
    one_of(message["type"], "the message's type", "message")
    one_of(message["role"], "the message's role", "assistant")
    said = check.text(message["id"], "the message's id", empty=False)
    must(said.startswith("msg_"), f"the message's id is no msg_: {said!r}")
    named = check.text(message["model"], "the message's model")
    must(model is None or named == model, f"the model is {named!r}, not {model!r}")
    check.items(message["content"], "content")


def _finish(message: dict[str, Any], where: str, *, calls: bool) -> str:
    reason = message["stop_reason"]
    must(reason in ENDINGS, f"{where} stops for {reason!r}, which is no reason")
    must(reason != "tool_use" or calls, f"{where} stops for a tool that was not called")
    must(reason != "end_turn" or not calls, f"{where} ends the turn although it calls a tool")
    sequence = message["stop_sequence"]
    must(
        (sequence is not None) == (reason == "stop_sequence"),
        f"{where}: {reason} with {sequence!r}",
    )
    if sequence is not None:
        check.text(sequence, "stop_sequence")
    return str(reason)


def _usage(usage: Any, where: str, required: str) -> dict[str, Any]:
    keyed(usage, f"usage of {where}", required, _USAGE_MORE + " " + required)
    known = {name: number for name, number in usage.items() if number is not None}
    for name in required.split():
        must(name in known, f"usage of {where} leaves {name} open")
    for name in _COUNTS:
        if name in known:
            check.count(known[name], f"{name} of {where}")
    if details := known.get("output_tokens_details"):
        check.count(details.get("thinking_tokens"), f"thinking_tokens of {where}")
    return known


def _told(
    message: dict[str, Any], pieces: list[Piece], finish: str, sequence: Any, usage: dict[str, Any]
) -> Told:
    fresh, read, written = (
        usage.get(f"{name}_tokens")
        for name in ("input", "cache_read_input", "cache_creation_input")
    )
    thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    output = usage["output_tokens"]
    must((thought or 0) <= output, f"{thought} tokens of thinking in an output of {output}")
    tokens = Tokens((fresh or 0) + (read or 0) + (written or 0), output, read, written, thought)
    ending = ENDINGS[finish]
    return Told(
        tuple(pieces),
        ending,
        finish,
        sequence or "",
        tokens,
        id=message["id"],
        model=message["model"],
    )


def _error(event: Any) -> str:
    keyed(event, "the error", "type error", "request_id")
    one_of(event["type"], "the error's type", "error")
    keyed(event["error"], "the error's object", "type message", "code details")
    one_of(event["error"]["type"], "the error's type", *ERRORS)
    return check.text(event["error"]["message"], "the error's message", empty=False)
