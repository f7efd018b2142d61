"""The grammar of a generateContent answer, streamed and whole (google-genai types 3.4).

A stream is a row of whole responses, each with new parts; the last one says why it ends, and nothing
follows it.  An error is an event too, and the last.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from tests.support.grammar import check
from tests.support.grammar.check import keyed, must, one_of
from tests.support.grammar.framing import DONE, Sent, sent
from tests.support.grammar.told import Called, Ending, Kind, Piece, Tokens, Told, dumps, loads

ENDINGS: Final = {
    "STOP": Ending.DONE,
    "MAX_TOKENS": Ending.LENGTH,
    "SAFETY": Ending.REFUSED,
    "RECITATION": Ending.REFUSED,
    "PROHIBITED_CONTENT": Ending.REFUSED,
    "OTHER": Ending.DONE,
}
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_CANDIDATE: Final = (
    "index content finishReason finishMessage safetyRatings citationMetadata groundingMetadata"
    " tokenCount avgLogprobs"
)
_COUNTS: Final = (
    "promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
    "totalTokenCount", "toolUsePromptTokenCount",
)  # fmt: skip


def judge(stream: bytes, *, model: str | None = None) -> Told:
    """What a whole stream says.

    Raises:
        Broken: it is none of Gemini's; the message says where.
    """
    automaton = Responses(model)
    for event in sent(stream):
        automaton.take(event)
    return automaton.told()


def judge_whole(body: bytes, *, model: str | None = None) -> Told:
    """The same for an answer that is not streamed: one response that says it all."""
    automaton = Responses(model)
    automaton.take(Sent("", loads(body)))
    told = automaton.told()
    must(not told.error, f"it is an error: {told.error}")
    return told


def judge_error(body: bytes) -> str:
    """The words of an error body, after a look at its form."""
    return _error(loads(body))


class Responses:
    """Takes the responses of one stream."""

    def __init__(self, model: str | None) -> None:
        self._model = model
        self._same: tuple[Any, ...] = ()
        self._pieces: list[Piece] = []
        self._ids: set[str] = set()
        self._finish = ""
        self._refused = False
        self._shown: list[Tokens] = []
        self._error = ""

    def take(self, event: Sent) -> None:
        """One more event."""
        must(event.data != DONE, "[DONE] is no word of this format")
        must(not self._error, "something comes after the error")
        must(not self._finish, f"something comes after the finishReason: {event}")
        must(not event.name, f"an event has the name {event.name!r}")
        if isinstance(event.data, dict) and "error" in event.data:
            self._error = _error(event.data)
            return
        self._response(event.data)

    def _response(self, response: Any) -> None:
        keyed(
            response, "a response", "modelVersion responseId",
            "candidates usageMetadata promptFeedback createTime",
        )  # fmt: skip
        same = (
            check.text(response["responseId"], "responseId", empty=False),
            check.text(response["modelVersion"], "modelVersion"),
        )
        must(not self._same or same == self._same, f"{same} follows {self._same}")
        must(self._model in (None, same[1]), f"the model is {same[1]!r}, not {self._model!r}")
        self._same = same
        if "usageMetadata" in response:
            self._shown.append(_usage(response["usageMetadata"]))
        if "promptFeedback" in response:
            feedback = keyed(
                response["promptFeedback"], "promptFeedback", "blockReason", "safetyRatings"
            )
            must(not response.get("candidates"), "a blocked prompt has candidates")
            must(not self._pieces, "the prompt is blocked after content")
            self._finish = check.text(feedback["blockReason"], "blockReason", empty=False)
            self._refused = True
            return
        candidates = check.items(response.get("candidates"), "candidates")
        must(len(candidates) == 1, f"a response of {len(candidates)} candidates")
        self._candidate(keyed(candidates[0], "a candidate", "index", _CANDIDATE))

    def _candidate(self, candidate: dict[str, Any]) -> None:
        one_of(candidate["index"], "the candidate's index", 0)
        last = candidate.get("finishReason")
        must(last or "content" in candidate, "a candidate brings nothing")
        if "content" in candidate:
            content = keyed(candidate["content"], "content", "role", "parts")
            one_of(content["role"], "the role", "model")
            parts = check.items(content.get("parts", []), "parts")
            must(parts or last, "a content without parts")
            for at, part in enumerate(parts):
                self._pieces.append(self._part(part, f"parts[{at}]", last=bool(last)))
        if last is not None:
            must(last in ENDINGS, f"the finishReason is {last!r}")
            self._finish = str(last)

    def _part(self, part: Any, where: str, *, last: bool) -> Piece:
        keyed(part, where, "", "text thought thoughtSignature functionCall inlineData")
        held = [name for name in ("text", "functionCall", "inlineData") if name in part]
        must(len(held) == 1, f"{where} is not one thing: {sorted(part)}")
        state = part.get("thoughtSignature", "")
        if "thoughtSignature" in part:
            _base64(state, f"the signature of {where}")
        if "thought" in part:
            must(part["thought"] is True, f"{where} has thought {part['thought']!r}")
            must(held == ["text"], f"{where} is a thought without text")
        match held[0]:
            case "text":
                text = check.text(part["text"], where, empty=bool(state) or last)
                return Piece(Kind.THINKING if part.get("thought") else Kind.TEXT, text, state=state)
            case "functionCall":
                return Piece(Kind.CALL, call=self._call(part["functionCall"], where), state=state)
            case _:
                keyed(part["inlineData"], where, "mimeType data")
                _base64(part["inlineData"]["data"], f"the data of {where}")
                return Piece(Kind.MEDIA, part["inlineData"]["mimeType"])

    def _call(self, call: Any, where: str) -> Called:
        keyed(call, where, "name args", "id")
        name = check.text(call["name"], f"the name of {where}", empty=False)
        call_id = check.text(call.get("id", ""), f"the id of {where}")
        must("id" not in call or call_id, f"{where} has an empty id")
        must(call_id not in self._ids, f"two calls have the id {call_id!r}")
        if call_id:
            self._ids.add(call_id)
        return Called(call_id, name, dumps(check.mapping(call["args"], f"the args of {where}")))

    def told(self) -> Told:
        """What was said, at the end."""
        if self._error:
            return Told(tuple(self._pieces), Ending.FAILED, error=self._error)
        must(self._finish, "the stream ends without a finishReason")
        said, model = self._same
        ending = Ending.REFUSED if self._refused else ENDINGS[self._finish]
        if ending is Ending.DONE and any(piece.call for piece in self._pieces):
            ending = Ending.CALLS
        _rising(self._shown)
        tokens = self._shown[-1] if self._shown else Tokens()
        return Told(tuple(self._pieces), ending, self._finish, tokens=tokens, id=said, model=model)


def _rising(shown: list[Tokens]) -> None:
    for before in shown[:-1]:
        pairs = zip(before.counted, shown[-1].counted, strict=True)
        must(all(a <= b for a, b in pairs), f"usage falls from {before} to {shown[-1]}")


def _base64(value: Any, where: str) -> None:
    try:
        base64.b64decode(check.text(value, where, empty=False), validate=True)
    except binascii.Error as problem:
        raise check.Broken(f"{where} is no base64: {value!r}") from problem


def _usage(usage: Any) -> Tokens:
    keyed(usage, "usageMetadata", "", " ".join(_COUNTS))
    counts = {name: check.count(number, name) for name, number in usage.items()}
    prompt, total = counts.get("promptTokenCount"), counts.get("totalTokenCount")
    answer, thoughts = counts.get("candidatesTokenCount"), counts.get("thoughtsTokenCount")
    read = counts.get("cachedContentTokenCount")
    sum_ = (
        (prompt or 0) + (answer or 0) + (thoughts or 0) + counts.get("toolUsePromptTokenCount", 0)
    )
    must(total is None or total == sum_, f"the tokens are {sum_} and not {total}: {usage}")
    must((read or 0) <= (prompt or 0), f"{usage} has more in the cache than in the prompt")
    output = None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0)
    return Tokens(prompt, output, read, None, thoughts)


def _error(body: Any) -> str:
    error = keyed(body, "the error", "error")["error"]
    keyed(error, "the error's object", "code message status", "details")
    code = check.count(error["code"], "the error's code")
    must(400 <= code < 600, f"the error's code is {code}")
    check.text(error["status"], "the error's status", empty=False)
    return check.text(error["message"], "the error's message", empty=False)
