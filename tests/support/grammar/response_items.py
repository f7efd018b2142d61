"""The items of a Responses answer: what each is announced with, grows by, and must be when it is done.

message   := (content_part.added (output_text.delta | annotation.added)* output_text.done
content_part.done | content_part.added refusal.delta* refusal.done content_part.done)+
reasoning := (summary_part.added summary_text.delta* summary_text.done summary_part.done)*
(content_part.added? reasoning_text.delta* reasoning_text.done content_part.done?)*
function  := arguments.delta* arguments.done
custom    := input.delta* input.done
"""

from __future__ import annotations

from typing import Any, Final

from tests.support.grammar import check
from tests.support.grammar.check import Broken, keyed, must, one_of
from tests.support.grammar.told import Called, Kind, Piece, dumps

_FIELDS: Final = {  # kind -> what its item must have, and what it may have
    "message": ("content role status", "phase"),
    "reasoning": ("summary", "content encrypted_content status"),
    "function_call": ("call_id name arguments", "namespace status"),
    "custom_tool_call": ("call_id name input", "namespace status"),
    "web_search_call": ("status action", ""),
    "tool_search_call": ("call_id execution arguments status", ""),
    "local_shell_call": ("call_id action status", ""),
    "shell_call": ("call_id action status", "environment"),
    "apply_patch_call": ("call_id operation status", ""),
    "image_generation_call": ("status result", "output_format"),
}
_PREFIXES: Final = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
}
_SEARCHING: Final = ("in_progress", "searching", "completed")


class _Run:
    """One text that grows by its own events, is said once more when it is done, and stands in a part."""

    def __init__(self, where: str, part: dict[str, Any] | None) -> None:
        self.where = where
        self.part = part
        self.text = ""
        self.done = False
        self.annotations: list[Any] = []

    def grow(self, piece: Any) -> None:
        must(not self.done, f"{self.where} grows when it is done")
        self.text += check.text(piece, f"a delta of {self.where}", empty=False)

    def end(self, text: Any) -> None:
        must(not self.done, f"{self.where} is done twice")
        must(text == self.text, f"{self.where} is done as {text!r}, it came as {self.text!r}")
        self.done = True


class Item:
    """An item that is open."""

    def __init__(self, item: Any, where: str, ids: set[str]) -> None:
        self._where = where
        self._kind = _look(item, where)
        self._shell = item
        self.id = _new(item["id"], where, ids)
        if "call_id" in item:
            _new(item["call_id"], f"the call_id of {where}", ids)
        self._runs: list[_Run] = []
        self._summaries: list[_Run] = []
        self._open: _Run | None = None
        self._text = _Run(where, None)
        self._searched: list[str] = []
        for empty, nothing in (("content", []), ("summary", []), ("arguments", ""), ("input", "")):
            if empty in item and self._kind != "tool_search_call":
                must(item[empty] in (nothing, None), f"{where} begins with {empty}")
        must(item.get("encrypted_content") is None, f"{where} begins with its state")

    def take(self, kind: str, fields: dict[str, Any]) -> None:
        """One event of the item's body."""
        takes = _BODIES.get((self._kind, kind))
        if takes is None:
            raise Broken(f"{self._where}, a {self._kind}, gets {kind}")
        takes(self, fields)

    # ------------------------------------------------------------ calls

    def _grow(self, fields: dict[str, Any]) -> None:
        self._text.grow(keyed(fields, f"a delta of {self._where}", "delta")["delta"])

    def _end_arguments(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"the end of {self._where}", "arguments", "name")
        self._text.end(fields["arguments"])

    def _end_input(self, fields: dict[str, Any]) -> None:
        self._text.end(keyed(fields, f"the end of {self._where}", "input")["input"])

    # ------------------------------------------------------------ messages and reasoning

    def _add_part(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a part of {self._where}", "content_index part")
        must(self._open is None, f"a part of {self._where} begins inside another")
        due = len(self._runs)
        must(fields["content_index"] == due, f"part {fields['content_index']} where {due} is due")
        part = _part(fields["part"], self._where, self._kind)
        must(_text_of(part) == "", f"a part of {self._where} begins with text")
        must(not part.get("annotations"), f"a part of {self._where} begins with annotations")
        self._open = _Run(f"part {due} of {self._where}", part)
        self._runs.append(self._open)

    def _run(self, fields: dict[str, Any], place: str, *kinds: str) -> _Run:
        """The run that an event is about; reasoning text may do without its part."""
        runs = self._summaries if place == "summary_index" else self._runs
        if self._open is None and kinds == ("reasoning_text",) and fields[place] == len(runs):
            self._open = _Run(f"text {len(runs)} of {self._where}", None)
            runs.append(self._open)
        run = self._open
        if run is None or fields[place] != len(runs) - 1 or runs[-1] is not run:
            raise Broken(f"{self._where}: part {fields[place]} is not open")
        must(run.part is None or run.part["type"] in kinds, f"{run.where} is no {kinds}")
        return run

    def _grow_text(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a delta of {self._where}", "content_index delta logprobs")
        must(fields["logprobs"] == [], f"{self._where} has logprobs")
        self._run(fields, "content_index", "output_text").grow(fields["delta"])

    def _end_text(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"the text of {self._where}", "content_index text logprobs")
        self._run(fields, "content_index", "output_text").end(fields["text"])

    def _annotate(self, fields: dict[str, Any]) -> None:
        keyed(
            fields, f"an annotation of {self._where}", "content_index annotation_index annotation"
        )
        run = self._run(fields, "content_index", "output_text")
        due = len(run.annotations)
        must(
            fields["annotation_index"] == due, f"annotation {fields['annotation_index']}, not {due}"
        )
        _annotation(fields["annotation"], run.where)
        run.annotations.append(fields["annotation"])

    def _grow_refusal(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a refusal of {self._where}", "content_index delta")
        self._run(fields, "content_index", "refusal").grow(fields["delta"])

    def _end_refusal(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"the refusal of {self._where}", "content_index refusal")
        self._run(fields, "content_index", "refusal").end(fields["refusal"])

    def _grow_reasoning(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"reasoning of {self._where}", "content_index delta")
        self._run(fields, "content_index", "reasoning_text").grow(fields["delta"])

    def _end_reasoning(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"reasoning of {self._where}", "content_index text")
        run = self._run(fields, "content_index", "reasoning_text")
        run.end(fields["text"])
        if run.part is None:
            self._open = None

    def _end_part(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"the end of a part of {self._where}", "content_index part")
        part = _part(fields["part"], self._where, self._kind)
        self._close(self._run(fields, "content_index", part["type"]), part)

    def _close(self, run: _Run, part: dict[str, Any]) -> None:
        must(run.part is not None, f"{run.where} ends a part that did not begin")
        must(run.done, f"{run.where} ends before its text is done")
        must(_text_of(part) == run.text, f"{run.where} ends as {part}, it came as {run.text!r}")
        must(part.get("annotations", []) == run.annotations, f"{run.where} ends with other sources")
        self._open = None

    def _add_summary(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a summary of {self._where}", "summary_index part")
        must(self._open is None, f"a summary of {self._where} begins inside another part")
        must(not self._runs, f"a summary of {self._where} comes behind its text")
        due = len(self._summaries)
        must(
            fields["summary_index"] == due, f"summary {fields['summary_index']} where {due} is due"
        )
        part = _summary(fields["part"], self._where)
        must(part["text"] == "", f"a summary of {self._where} begins with text")
        self._open = _Run(f"summary {due} of {self._where}", part)
        self._summaries.append(self._open)

    def _grow_summary(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a summary of {self._where}", "summary_index delta")
        self._run(fields, "summary_index", "summary_text").grow(fields["delta"])

    def _end_summary(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a summary of {self._where}", "summary_index text")
        self._run(fields, "summary_index", "summary_text").end(fields["text"])

    def _end_summary_part(self, fields: dict[str, Any]) -> None:
        keyed(fields, f"a summary of {self._where}", "summary_index part")
        part = _summary(fields["part"], self._where)
        self._close(self._run(fields, "summary_index", "summary_text"), part)

    # ------------------------------------------------------------ searches

    def _search(self, step: str, fields: dict[str, Any]) -> None:
        keyed(fields, f"{step} of {self._where}", "")
        due = _SEARCHING[len(self._searched)] if len(self._searched) < 3 else None
        must(step == due, f"{self._where} is {step} after {self._searched}")
        self._searched.append(step)

    # ------------------------------------------------------------ the end

    def done(self, item: Any) -> list[Piece]:
        """What the item says, from the whole of it, which must be what came piece by piece."""
        must(self._open is None, f"{self._where} is done inside a part")
        pieces = whole_item(item, self._where, set())
        for name in ("type", "id", "call_id", "name", "namespace", "role"):
            same = item.get(name) == self._shell.get(name)
            must(same, f"{name} of {self._where} was {self._shell.get(name)!r}: {item.get(name)!r}")
        match self._kind:
            case "message":
                self._matches(item["content"], self._runs)
            case "reasoning":
                self._matches(item["summary"], self._summaries)
                self._matches(item.get("content") or [], self._runs)
            case "function_call" | "custom_tool_call":
                must(self._text.done, f"{self._where} is done before its input is")
                said = item["arguments" if self._kind == "function_call" else "input"]
                must(said == self._text.text, f"{self._where} is done with {said!r}")
        return pieces

    def _matches(self, parts: list[Any], runs: list[_Run]) -> None:
        said, came = [_text_of(part) for part in parts], [run.text for run in runs]
        must(said == came, f"{self._where} is done with {said}, it came with {came}")
        sources = [part.get("annotations", []) for part in parts]
        must(
            sources == [run.annotations for run in runs], f"{self._where}: other sources than came"
        )

    def so_far(self) -> list[Piece]:
        """What of it has been said when the stream fails."""
        match self._kind:
            case "message":
                return [
                    Piece(Kind.REFUSAL if run.part and run.part["type"] == "refusal" else Kind.TEXT,
                          run.text)
                    for run in self._runs
                ]  # fmt: skip
            case "reasoning":
                return [Piece(Kind.THINKING, run.text) for run in (*self._summaries, *self._runs)]
            case "function_call" | "custom_tool_call":
                return [Piece(Kind.CALL, call=_called(self._shell, self._text.text))]
            case _:
                return []


_BODIES: Final = {
    ("message", "content_part.added"): Item._add_part,
    ("message", "output_text.delta"): Item._grow_text,
    ("message", "output_text.done"): Item._end_text,
    ("message", "output_text.annotation.added"): Item._annotate,
    ("message", "refusal.delta"): Item._grow_refusal,
    ("message", "refusal.done"): Item._end_refusal,
    ("message", "content_part.done"): Item._end_part,
    ("reasoning", "reasoning_summary_part.added"): Item._add_summary,
    ("reasoning", "reasoning_summary_text.delta"): Item._grow_summary,
    ("reasoning", "reasoning_summary_text.done"): Item._end_summary,
    ("reasoning", "reasoning_summary_part.done"): Item._end_summary_part,
    ("reasoning", "content_part.added"): Item._add_part,
    ("reasoning", "reasoning_text.delta"): Item._grow_reasoning,
    ("reasoning", "reasoning_text.done"): Item._end_reasoning,
    ("reasoning", "content_part.done"): Item._end_part,
    ("function_call", "function_call_arguments.delta"): Item._grow,
    ("function_call", "function_call_arguments.done"): Item._end_arguments,
    ("custom_tool_call", "custom_tool_call_input.delta"): Item._grow,
    ("custom_tool_call", "custom_tool_call_input.done"): Item._end_input,
    **{
        ("web_search_call", f"web_search_call.{step}"): (
            lambda item, fields, step=step: item._search(step, fields)
        )
        for step in _SEARCHING
    },
}


def whole_item(item: Any, where: str, ids: set[str]) -> list[Piece]:
    """What a complete item says.

    Raises:
        Broken: it is none, or has an id that came before.
    """
    kind = _look(item, where)
    _new(item["id"], where, ids)
    if "call_id" in item:
        _new(item["call_id"], f"the call_id of {where}", ids)
    if "status" in item:
        one_of(item["status"], f"the status of {where}", "completed", "incomplete", "failed")
    match kind:
        case "message":
            one_of(item["role"], f"the role of {where}", "assistant")
            must(item["content"], f"{where} is a message without parts")
            return [_content(part, where) for part in check.items(item["content"], where)]
        case "reasoning":
            return _thought(item, where)
        case "web_search_call":
            keyed(
                item["action"],
                f"the action of {where}",
                "type",
                "query queries sources url pattern",
            )
            return [Piece(Kind.SEARCH, "web_search")]
        case "image_generation_call":
            return [Piece(Kind.MEDIA, "image")]
        case _:
            return [Piece(Kind.CALL, call=_called(item, None))]


def _look(item: Any, where: str) -> str:
    kind = check.mapping(item, where).get("type")
    must(kind in _FIELDS, f"{where} is of no kind that we write: {kind!r}")
    required, optional = _FIELDS[str(kind)]
    keyed(item, where, f"type id {required}", optional)
    prefix = _PREFIXES.get(str(kind), "")
    said = check.text(item["id"], f"the id of {where}", empty=False)
    must(said.startswith(prefix) and len(said) <= 64, f"the id of {where} is {said!r}")
    if "call_id" in item:
        call_id = check.text(item["call_id"], f"the call_id of {where}", empty=False)
        must(len(call_id) <= 64, f"the call_id of {where} is too long: {call_id!r}")
    if "namespace" in item:
        check.text(item["namespace"], f"the namespace of {where}", empty=False)
    if "name" in item:
        check.text(item["name"], f"the name of {where}", empty=False)
    return str(kind)


def _new(value: str, where: str, ids: set[str]) -> str:
    must(value not in ids, f"{where} came before: {value!r}")
    ids.add(value)
    return value


def _called(item: dict[str, Any], text: str | None) -> Called:
    kind = item["type"].removesuffix("_call").removesuffix("_tool")
    match item["type"]:
        case "function_call":
            arguments = text if text is not None else item["arguments"]
            must(text is not None or arguments, f"{item['name']} is called with nothing")
        case "custom_tool_call":
            arguments = text if text is not None else item["input"]
        case "tool_search_call":
            one_of(item["execution"], "execution", "client")
            arguments = dumps(check.mapping(item["arguments"], "the arguments of a search"))
        case "apply_patch_call":
            arguments = dumps(check.mapping(item["operation"], "the operation"))
        case _:
            arguments = dumps(check.mapping(item["action"], "the action"))
    name = item.get("name", kind)
    return Called(item["call_id"], name, arguments, item.get("namespace") or "", kind)


def _thought(item: dict[str, Any], where: str) -> list[Piece]:
    parts = [_summary(part, where) for part in check.items(item["summary"], f"summary of {where}")]
    parts += [_part(part, where, "reasoning") for part in item.get("content") or ()]
    state = item.get("encrypted_content") or ""
    must(parts or state, f"{where} is neither reasoning nor its state")
    pieces = [Piece(Kind.THINKING, part["text"]) for part in parts]
    return [*pieces, Piece(Kind.THINKING, state=state)] if state else pieces


def _content(part: Any, where: str) -> Piece:
    part = _part(part, where, "message")
    if part["type"] == "refusal":
        return Piece(Kind.REFUSAL, check.text(part["refusal"], where, empty=False))
    for annotation in part["annotations"]:
        _annotation(annotation, where)
    return Piece(Kind.TEXT, check.text(part["text"], where, empty=False))


def _part(part: Any, where: str, item: str) -> dict[str, Any]:
    kind = check.mapping(part, f"a part of {where}").get("type")
    match item, kind:
        case "message", "output_text":
            keyed(part, f"a part of {where}", "type text annotations", "logprobs")
            must(part.get("logprobs", []) == [], f"a part of {where} has logprobs")
        case "message", "refusal":
            keyed(part, f"a part of {where}", "type refusal")
        case "reasoning", "reasoning_text":
            keyed(part, f"a part of {where}", "type text")
        case _:
            raise Broken(f"a part of {where}, a {item}, is of the kind {kind!r}")
    return dict(part)


def _summary(part: Any, where: str) -> dict[str, Any]:
    keyed(part, f"a summary of {where}", "type text")
    one_of(part["type"], f"a summary of {where}", "summary_text")
    check.text(part["text"], f"a summary of {where}")
    return dict(part)


def _text_of(part: dict[str, Any]) -> str:
    return check.text(
        part["refusal" if part["type"] == "refusal" else "text"], "the text of a part"
    )


def _annotation(annotation: Any, where: str) -> None:
    keyed(annotation, f"a source of {where}", "type url title start_index end_index")
    one_of(annotation["type"], f"a source of {where}", "url_citation")
    start = check.count(annotation["start_index"], "start_index")
    must(
        start <= check.count(annotation["end_index"], "end_index"),
        f"a source of {where} ends early",
    )
