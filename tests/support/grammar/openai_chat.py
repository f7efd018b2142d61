"""The grammar of a Chat Completions answer, streamed and whole (SDK types 3.54).

stream := first_chunk chunk* finish_chunk usage_chunk? "[DONE]"  |  any prefix of it, error "[DONE]"
"""

from __future__ import annotations

import re
from typing import Any, Final

from tests.support.grammar import check
from tests.support.grammar.check import keyed, must, one_of
from tests.support.grammar.framing import DONE, Sent, sent
from tests.support.grammar.told import Called, Ending, Kind, Piece, Tokens, Told, loads

ENDINGS: Final = {
    "stop": Ending.DONE,
    "length": Ending.LENGTH,
    "tool_calls": Ending.CALLS,
    "content_filter": Ending.REFUSED,
}
_NAME: Final = re.compile(r"\S+")
_ENVELOPE: Final = "id object created model choices"
_ENVELOPE_MORE: Final = "usage system_fingerprint service_tier obfuscation moderation"
_DELTA: Final = "role content refusal tool_calls reasoning_content annotations extra_content"
_GREW: Final = {"reasoning_content": Kind.THINKING, "content": Kind.TEXT, "refusal": Kind.REFUSAL}


def judge(stream: bytes, *, model: str | None = None, usage: bool | None = None) -> Told:
    """What a whole stream says.

    ``usage`` is whether the client asked for it: asked, it comes in a chunk of its own and is null
    before; not asked, it never comes.  None takes either, as vendors write both.

    Raises:
        Broken: it is none of Chat Completions; the message says where.
    """
    automaton = Chunks(model, usage)
    for event in sent(stream):
        automaton.take(event)
    return automaton.told()


def judge_whole(body: bytes, *, model: str | None = None) -> Told:
    """The same for an answer that is not streamed."""
    whole = loads(body)
    keyed(whole, "the completion", _ENVELOPE + " usage", _ENVELOPE_MORE)
    _envelope(whole, "chat.completion", model)
    must(len(whole["choices"]) == 1, f"{len(whole['choices'])} choices")
    choice = keyed(whole["choices"][0], "the choice", "index message finish_reason", "logprobs")
    one_of(choice["index"], "the choice's index", 0)
    message = choice["message"]
    keyed(
        message, "the message", "role content",
        "refusal tool_calls reasoning_content annotations extra_content",
    )  # fmt: skip
    one_of(message["role"], "the role", "assistant")
    pieces = [
        Piece(kind, check.text(message[slot], slot, empty=False))
        for slot, kind in _GREW.items()
        if message.get(slot) is not None and (slot != "content" or message[slot] != "")
    ]
    calls = message.get("tool_calls")
    must(calls is None or calls, "tool_calls is an empty array")
    pieces += [_whole_call(call, f"tool_calls[{at}]") for at, call in enumerate(calls or ())]
    _unique([piece.call.id for piece in pieces if piece.call])
    finish = _finish(choice["finish_reason"], calls=bool(calls))
    return Told(
        _as_message(pieces), ENDINGS[finish], finish, tokens=_usage(whole["usage"]), id=whole["id"],
        model=whole["model"],
    )  # fmt: skip


def judge_error(body: bytes) -> str:
    """The words of an error body, after a look at its form."""
    return _error(loads(body))


class _Call:
    """A call that grows."""

    def __init__(self, opening: dict[str, Any], where: str) -> None:
        keyed(opening, where, "index id type", "function custom extra_content")
        self.id = check.text(opening["id"], f"the id of {where}", empty=False)
        self.kind = one_of(opening["type"], f"the type of {where}", "function", "custom")
        self.slot = "arguments" if self.kind == "function" else "input"
        body = keyed(opening.get(self.kind), where, f"name {self.slot}")
        self.name = check.text(body["name"], f"the name of {where}", empty=False)
        must(_NAME.fullmatch(self.name), f"the name of {where} has white space: {self.name!r}")
        self.pieces = [check.text(body[self.slot], where)]
        self.state = _state(opening)

    def grow(self, fragment: dict[str, Any], where: str) -> None:
        keyed(fragment, where, "index", f"{self.kind} extra_content")
        must(len(fragment) > 1, f"{where} brings nothing")
        self.state = self.state or _state(fragment)
        if self.kind in fragment:
            body = keyed(fragment[self.kind], where, self.slot)
            self.pieces.append(check.text(body[self.slot], where, empty=False))

    def piece(self) -> Piece:
        arguments = "".join(self.pieces)
        return Piece(
            Kind.CALL, call=Called(self.id, self.name, arguments, kind=self.kind), state=self.state
        )


class Chunks:
    """Takes the chunks of one stream."""

    def __init__(self, model: str | None, usage: bool | None) -> None:
        self._model = model
        self._asked = usage
        self._same: tuple[Any, ...] = ()
        self._pieces: list[Piece] = []
        self._calls: list[_Call] = []
        self._finish = ""
        self._usage: Tokens | None = None
        self._error = ""
        self._over = False

    def take(self, event: Sent) -> None:
        """One more event."""
        must(not self._over, f"something comes after [DONE]: {event}")
        must(not event.name, f"an event has the name {event.name!r}")
        if event.data == DONE:
            must(self._finish or self._error, "[DONE] comes before a finish_reason")
            must(self._asked is not True or self._usage or self._error, "the usage never came")
            self._over = True
            return
        must(not self._error, "something comes after the error")
        if isinstance(event.data, dict) and "error" in event.data:
            self._error = _error(event.data)
            return
        self._chunk(event.data)

    def _chunk(self, chunk: Any) -> None:
        keyed(chunk, "a chunk", _ENVELOPE, _ENVELOPE_MORE)
        _envelope(chunk, "chat.completion.chunk", self._model)
        same = (chunk["id"], chunk["created"], chunk["model"])
        must(not self._same or same == self._same, f"{same} follows {self._same}")
        first, self._same = not self._same, same
        must(self._usage is None, "a chunk comes after the usage")
        self._look_for_usage(chunk)
        if not chunk["choices"]:
            must(self._usage, "a chunk without choices brings no usage")
            must(self._finish, "the usage comes before the finish_reason")
            return
        must(self._usage is None, "usage comes on a chunk with choices")
        must(len(chunk["choices"]) == 1, f"a chunk of {len(chunk['choices'])} choices")
        choice = keyed(chunk["choices"][0], "a choice", "index delta", "finish_reason logprobs")
        one_of(choice["index"], "the choice's index", 0)
        must(not self._finish, "a choice comes after its finish_reason")
        delta = keyed(choice["delta"], "a delta", "", _DELTA)
        if choice.get("finish_reason") is not None:
            must(delta == {}, f"the chunk of the finish_reason has content: {delta}")
            self._finish = _finish(choice["finish_reason"], calls=bool(self._calls))
            return
        self._grow(delta, first=first)

    def _look_for_usage(self, chunk: dict[str, Any]) -> None:
        if self._asked is not None:
            held = "usage" in chunk
            must(held == self._asked, f"usage {'is not' if held else 'was'} asked for: {chunk}")
        if chunk.get("usage") is not None:
            self._usage = _usage(chunk["usage"])

    def _grow(self, delta: dict[str, Any], *, first: bool) -> None:
        if first:
            one_of(delta.get("role"), "the role in the first chunk", "assistant")
            must(delta.get("content") in (None, ""), "the first chunk has content")
        else:
            must("role" not in delta, "the role comes again")
            must(delta, "a chunk brings nothing")
        for slot, kind in _GREW.items():
            if delta.get(slot) is not None and not first:
                self._pieces.append(Piece(kind, check.text(delta[slot], slot, empty=False)))
        for annotation in check.items(delta.get("annotations", []), "annotations"):
            keyed(annotation, "an annotation", "type url_citation")
        if "tool_calls" in delta:
            must(delta["tool_calls"], "tool_calls is an empty array")
            for fragment in check.items(delta["tool_calls"], "tool_calls"):
                self._fragment(fragment)

    def _fragment(self, fragment: Any) -> None:
        index = check.count(check.mapping(fragment, "a fragment").get("index"), "the index")
        where = f"tool_calls[{index}]"
        if index == len(self._calls):
            self._calls.append(_Call(fragment, where))
        else:
            must(
                index == len(self._calls) - 1, f"{where} goes on, but {len(self._calls)} have begun"
            )
            self._calls[index].grow(fragment, where)

    def told(self) -> Told:
        """What was said, at the end."""
        must(self._over, "the stream ends without [DONE]")
        calls = [call.piece() for call in self._calls]
        _unique([call.id for call in self._calls])
        pieces = _as_message([*self._pieces, *calls])
        if self._error:
            return Told(pieces, Ending.FAILED, error=self._error)
        for call in self._calls:
            must(
                call.kind == "custom" or "".join(call.pieces), f"{call.name} is called with nothing"
            )
        said, _, model = self._same
        tokens = self._usage or Tokens()
        return Told(
            pieces, ENDINGS[self._finish], self._finish, tokens=tokens, id=said, model=model
        )


def _as_message(pieces: list[Piece]) -> tuple[Piece, ...]:
    """A message has a place for each kind and no order between them."""
    order = (Kind.THINKING, Kind.TEXT, Kind.REFUSAL, Kind.CALL)
    return tuple(sorted(pieces, key=lambda piece: order.index(piece.kind)))


def _envelope(chunk: dict[str, Any], kind: str, model: str | None) -> None:
    one_of(chunk["object"], "the object", kind)
    check.text(chunk["id"], "the id", empty=False)
    check.count(chunk["created"], "created")
    named = check.text(chunk["model"], "the model")
    must(model is None or named == model, f"the model is {named!r}, not {model!r}")
    check.items(chunk["choices"], "choices")


def _state(fragment: dict[str, Any]) -> str:
    """Gemini's signature, where Google's own endpoint of this format puts it."""
    if "extra_content" not in fragment:
        return ""
    google = keyed(fragment["extra_content"], "extra_content", "google")["google"]
    return check.text(keyed(google, "google", "thought_signature")["thought_signature"], "state")


def _whole_call(call: Any, where: str) -> Piece:
    call = dict(check.mapping(call, where))
    must("index" not in call, f"{where} of a whole answer has an index")
    piece = _Call({"index": 0, **call}, where).piece()
    assert piece.call is not None
    must(piece.call.kind == "custom" or piece.call.arguments, f"{where} is called with nothing")
    return piece


def _unique(ids: list[str]) -> None:
    must(len(set(ids)) == len(ids), f"two calls have one id: {ids}")


def _finish(reason: Any, *, calls: bool) -> str:
    must(reason in ENDINGS, f"the finish_reason is {reason!r}, which is none")
    must(reason != "tool_calls" or calls, "it ends for calls that were not made")
    must(reason != "stop" or not calls, "it stops although it calls")
    return str(reason)


def _usage(usage: Any) -> Tokens:
    keyed(
        usage, "usage", "prompt_tokens completion_tokens total_tokens",
        "prompt_tokens_details completion_tokens_details",
    )  # fmt: skip
    prompt = check.count(usage["prompt_tokens"], "prompt_tokens")
    completion = check.count(usage["completion_tokens"], "completion_tokens")
    total = check.count(usage["total_tokens"], "total_tokens")
    must(total == prompt + completion, f"{prompt} + {completion} tokens are not {total}")
    of_prompt = check.mapping(usage.get("prompt_tokens_details") or {}, "prompt_tokens_details")
    of_answer = check.mapping(usage.get("completion_tokens_details") or {}, "completion details")
    read, written = of_prompt.get("cached_tokens"), of_prompt.get("cache_write_tokens")
    thought = of_answer.get("reasoning_tokens")
    must(
        (read or 0) + (written or 0) <= prompt, f"{usage} has more in the cache than in the prompt"
    )
    must((thought or 0) <= completion, f"{usage} has more reasoning than answer")
    return Tokens(prompt, completion, read, written, thought)


def _error(body: Any) -> str:
    error = keyed(body, "the error", "error", "request_id")["error"]
    keyed(error, "the error's object", "message type param code")
    check.text(error["type"], "the error's type", empty=False)
    return check.text(error["message"], "the error's message", empty=False)
