"""The grammar of a Responses answer, streamed and whole (SDK types 3.54).

    stream   := created queued? in_progress item* terminal
    item     := output_item.added body output_item.done
    terminal := completed | incomplete | failed | error

Items come one after the other, their numbers rising from 0; what they hold is in ``response_items``.
"""

from __future__ import annotations

from typing import Any, Final

from tests.support.grammar import check
from tests.support.grammar.check import Broken, keyed, must, one_of
from tests.support.grammar.framing import DONE, Sent, sent
from tests.support.grammar.response_items import Item, whole_item
from tests.support.grammar.told import Ending, Piece, Spelled, Tokens, Told, loads

REASONS: Final = {"max_output_tokens": Ending.LENGTH, "content_filter": Ending.REFUSED}
_RESPONSE: Final = (
    "id object created_at status error incomplete_details instructions metadata model output"
    " parallel_tool_calls temperature tool_choice tools top_p usage"
)
_RESPONSE_MORE: Final = (
    "background completed_at conversation input_transformations max_output_tokens max_tool_calls"
    " previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention"
    " reasoning safety_identifier service_tier store text top_logprobs truncation user moderation"
)
_BEGINNING: Final = ("response.created", "response.queued", "response.in_progress")


def judge(stream: bytes, *, model: str | None = None) -> Told:
    """What a whole stream says.

    Raises:
        Broken: it is none of Responses; the message says where.
    """
    automaton = Lifecycle(model)
    for event in sent(stream):
        automaton.take(event)
    return automaton.told()


def judge_whole(body: bytes, *, model: str | None = None) -> Told:
    """The same for an answer that is not streamed."""
    response = loads(body)
    _response(response, model)
    status = one_of(response["status"], "the status", "completed", "incomplete")
    ids: set[str] = set()
    pieces = [
        piece
        for at, item in enumerate(response["output"])
        for piece in whole_item(item, f"output[{at}]", ids)
    ]
    return _told(response, pieces, status)


def judge_error(body: bytes) -> str:
    """The words of an error body, after a look at its form."""
    error = keyed(loads(body), "the error", "error", "request_id")["error"]
    keyed(error, "the error's object", "message type param code")
    check.text(error["type"], "the error's type", empty=False)
    return check.text(error["message"], "the error's message", empty=False)


class Lifecycle:
    """Takes the events of one stream."""

    def __init__(self, model: str | None) -> None:
        self._model = model
        self._begun: list[str] = []
        self._number = 0
        self._id = ""
        self._open: Item | None = None
        self._items: list[dict[str, Any]] = []
        self._pieces: list[Piece] = []
        self._ids: set[str] = set()
        self._last: dict[str, Any] | None = None
        self._error = ""

    def take(self, event: Sent) -> None:
        """One more event."""
        must(self._last is None and not self._error, f"something comes after the end: {event}")
        must(event.data != DONE, "[DONE] is no word of this format")
        data = check.mapping(event.data, "an event")
        kind = check.text(data.get("type"), "the type of an event", empty=False)
        must(event.name == kind, f"the event is named {event.name!r} and says it is {kind!r}")
        number = data.get("sequence_number")
        must(number == self._number, f"{kind} has the number {number!r}, due is {self._number}")
        self._number += 1
        fields = {k: v for k, v in data.items() if k not in ("type", "sequence_number")}
        if kind == "error":
            keyed(fields, kind, "code message param", "error request_id")
            self._error = check.text(fields["message"], "the error's message", empty=False)
            return
        must(kind.startswith("response."), f"no such event: {kind!r}")
        if kind in _BEGINNING:
            self._begin(kind, fields)
            return
        must(self._begun[-1:] == ["response.in_progress"], f"{kind} comes before in_progress")
        self._go_on(kind.removeprefix("response."), fields)

    def _begin(self, kind: str, fields: dict[str, Any]) -> None:
        order = ["response.created", "response.queued", "response.in_progress"]
        place = order.index(kind)
        must(kind not in self._begun, f"{kind} comes twice")
        must(bool(self._begun) == (place > 0), f"{kind} comes after {self._begun}")
        must(self._begun[-1:] != ["response.in_progress"], f"{kind} comes after in_progress")
        response = keyed(fields, kind, "response")["response"]
        _response(response, self._model)
        must(response["output"] == [], f"{kind} has output already")
        must(response["usage"] is None, f"{kind} has usage already")
        one_of(response["status"], f"the status of {kind}", "in_progress", "queued")
        self._same(response)
        self._begun.append(kind)

    def _same(self, response: dict[str, Any]) -> None:
        must(not self._id or response["id"] == self._id, f"{response['id']!r} follows {self._id!r}")
        self._id = response["id"]

    def _go_on(self, kind: str, fields: dict[str, Any]) -> None:
        match kind:
            case "output_item.added":
                keyed(fields, kind, "output_index item")
                must(self._open is None, "an item begins inside another")
                due = len(self._items)
                must(
                    fields["output_index"] == due,
                    f"item {fields['output_index']} where {due} is due",
                )
                self._open = Item(fields["item"], f"item {due}", self._ids)
            case "output_item.done":
                keyed(fields, kind, "output_index item")
                item = self._opened(fields["output_index"], kind)
                self._pieces += item.done(fields["item"])
                self._items.append(fields["item"])
                self._open = None
            case "completed" | "incomplete" | "failed":
                # an error beside the response is what makes OpenAI's SDKs raise (measured, 3.54)
                more = "error" if kind == "failed" else ""
                self._end(kind, keyed(fields, kind, "response", more)["response"])
            case _:
                index, item_id = fields.pop("output_index", None), fields.pop("item_id", None)
                item = self._opened(index, kind)
                must(item_id == item.id, f"{kind} is of {item_id!r}, open is {item.id!r}")
                item.take(kind, fields)

    def _opened(self, index: Any, kind: str) -> Item:
        if self._open is None or index != len(self._items):
            raise Broken(f"{kind} of item {index!r}, which is not open")
        return self._open

    def _end(self, kind: str, response: Any) -> None:
        _response(response, self._model)
        self._same(response)
        one_of(response["status"], f"the status of {kind}", kind)
        if kind == "failed":
            error = keyed(response["error"], "the error", "code message", "param type")
            check.text(error["code"], "the error's code", empty=False)
            self._error = check.text(error["message"], "the error's message", empty=False)
            return
        must(self._open is None, f"{kind} comes inside an item")
        must(response["output"] == self._items, f"{kind} has other items than came: {response}")
        self._last = response

    def told(self) -> Told:
        """What was said, at the end."""
        if self._error:
            so_far = self._open.so_far() if self._open else []
            return Told((*self._pieces, *so_far), Ending.FAILED, error=self._error)
        if self._last is None:
            raise Broken("the stream ends without completed, incomplete, failed or error")
        return _told(self._last, self._pieces, self._last["status"])


def _response(response: Any, model: str | None) -> None:
    keyed(response, "the response", _RESPONSE, _RESPONSE_MORE)
    said = check.text(response["id"], "the response's id")
    must(said.startswith("resp_"), f"the response's id is no resp_: {said!r}")
    one_of(response["object"], "the object", "response")
    made = response["created_at"]
    must(type(made) is int or isinstance(made, Spelled), f"created_at is {made!r}")
    named = check.text(response["model"], "the model")
    must(model is None or named == model, f"the model is {named!r}, not {model!r}")
    check.items(response["output"], "output")
    check.items(response["tools"], "tools")
    must(isinstance(response["parallel_tool_calls"], bool), "parallel_tool_calls is no switch")
    must(isinstance(response["tool_choice"], str | dict), "there is no tool_choice")
    failed = response["status"] == "failed"
    must(
        (response["error"] is not None) == failed, f"{response['status']} with {response['error']}"
    )


def _told(response: dict[str, Any], pieces: list[Piece], status: str) -> Told:
    details = response["incomplete_details"]
    must((details is not None) == (status == "incomplete"), f"{status} with {details}")
    ending = Ending.CALLS if any(piece.call for piece in pieces) else Ending.DONE
    if details is not None:
        reason = keyed(details, "incomplete_details", "reason")["reason"]
        must(reason in REASONS, f"incomplete for {reason!r}")
        ending, status = REASONS[reason], f"{status}: {reason}"
    tokens = Tokens() if response["usage"] is None else _usage(response["usage"])
    return Told(
        tuple(pieces), ending, status, tokens=tokens, id=response["id"], model=response["model"]
    )


def _usage(usage: Any) -> Tokens:
    keyed(
        usage, "usage",
        "input_tokens input_tokens_details output_tokens output_tokens_details total_tokens",
    )  # fmt: skip
    keyed(usage["input_tokens_details"], "input_tokens_details", "cached_tokens cache_write_tokens")
    keyed(usage["output_tokens_details"], "output_tokens_details", "reasoning_tokens")
    prompt = check.count(usage["input_tokens"], "input_tokens")
    answer = check.count(usage["output_tokens"], "output_tokens")
    total = check.count(usage["total_tokens"], "total_tokens")
    must(total == prompt + answer, f"{prompt} + {answer} tokens are not {total}")
    read = check.count(usage["input_tokens_details"]["cached_tokens"], "cached_tokens")
    written = check.count(usage["input_tokens_details"]["cache_write_tokens"], "cache_write_tokens")
    thought = check.count(usage["output_tokens_details"]["reasoning_tokens"], "reasoning_tokens")
    must(read + written <= prompt, f"{usage} has more in the cache than in the prompt")
    must(thought <= answer, f"{usage} has more reasoning than answer")
    return Tokens(prompt, answer, read, written, thought)
