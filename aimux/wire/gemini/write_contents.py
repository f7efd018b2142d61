"""A conversation as ``contents``.

It has been adapted: roles alternate, and a message behind calls begins with their results in their
order.  The results are a content of their own, because Gemini counts its parts against the calls and
2.x takes nothing beside them (reference: protocols, 2.4).

Gemini 3 refuses a turn whose first call is not signed.  A call keeps the signature it came with; where
it came from another model, the documented stand-in takes its place, on the first call of the turn only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, assert_never

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import (
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
from aimux.wire.arguments import input_of
from aimux.wire.gemini.families import Family
from aimux.wire.gemini.media import document_text, part_of
from aimux.wire.target import Target

STAND_IN: Final = "skip_thought_signature_validator"
"""In place of a signature that nobody has (ai.google.dev, thought signatures, 2026-11)."""


class ContentsWriter:
    """Writes one conversation; ``losses`` collects what does not cross."""

    def __init__(self, target: Target, family: Family, losses: list[Loss]) -> None:
        self._target = target
        self._family = family
        self._losses = losses
        self._names: dict[str, str] = {}
        """What was called, by the call's id: results have to say it again."""

    def contents(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """All of it.

        Raises:
            UnsupportedContent: it holds what Gemini cannot be told.
        """
        contents: list[dict[str, Any]] = []
        for message in messages:
            if message.role is Role.ASSISTANT:
                _append(contents, "model", self._model(message.parts))
                continue
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            _append(contents, "user", [self._result(result) for result in results])
            others = (part for part in message.parts if not isinstance(part, ToolResult))
            _append(contents, "user", [said for part in others for said in self._said(part)])
        return contents

    def _model(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = []
        called = False
        for part in parts:
            if isinstance(part, ToolCall):
                written.append(self._call(part, first=not called))
                called = True
            else:
                written += self._said(part)
        return written

    def _said(self, part: Part) -> list[dict[str, Any]]:
        """Any part but a call, as parts; none where there is nothing to say."""
        match part:
            case Text():
                return self._text(part)
            case Refusal(text):
                return [{"text": text}] if text else []
            case Thinking():
                self._forget(part)
                return []
            case Media():
                return [self._medium(part)]
            case WebSearch():
                self._losses.append(Loss("citations.dropped", detail="web_search"))
                return [{"text": _searched(part)}]
            case ToolCall():
                return [self._call(part, first=True)]
            case ToolResult():
                return [self._result(part)]
            case Unsupported(what, path):
                raise UnsupportedContent(
                    f"{what!r} cannot be said to Gemini",
                    param=path,
                    hint="route the request to a provider that speaks the client's own format",
                )
            case _:
                assert_never(part)

    def _text(self, part: Text) -> list[dict[str, Any]]:
        if part.citations:
            self._losses.append(Loss("citations.dropped"))
        signature = self._signature(part.state)
        if signature:
            return [{"text": part.text, "thoughtSignature": signature}]
        return [{"text": part.text}] if part.text else []

    def _forget(self, part: Thinking) -> None:
        """Gemini reads no thoughts of earlier turns; only those that are not its own are a loss."""
        state = part.state
        if state is None or state.kind not in {OpaqueKind.GEMINI_SIGNATURE, OpaqueKind.TEXT}:
            self._losses.append(Loss("thinking.dropped_foreign"))

    def _signature(self, state: Opaque | None) -> str:
        """What stands in ``thoughtSignature``; a signature is good for the model that gave it."""
        if state is None or state.kind is not OpaqueKind.GEMINI_SIGNATURE:
            return ""
        ours = state.issuer in {"", self._target.provider}
        return state.value if ours and state.model in {"", self._target.model} else ""

    def _call(self, call: ToolCall, *, first: bool) -> dict[str, Any]:
        args, wrapped = input_of(call.arguments)
        if wrapped:
            self._losses.append(Loss("stream.repaired", detail=call.name))
        function: dict[str, Any] = {"name": call.name, "args": args}
        if self._family.is_third and call.id:
            function["id"] = call.id
        self._names[call.id] = call.name
        part: dict[str, Any] = {"functionCall": function}
        signature = self._signature(call.state)
        if not signature and first and self._family.is_third:
            self._losses.append(Loss("signature.replaced"))
            signature = STAND_IN
        if signature:
            part["thoughtSignature"] = signature
        return part

    def _result(self, result: ToolResult) -> dict[str, Any]:
        texts = (part.text for part in result.content if isinstance(part, Text))
        media = [part for part in result.content if isinstance(part, Media)]
        documents = (document_text(medium) for medium in media if medium.text)
        said = "\n".join(text for text in (*texts, *documents) if text)
        response: dict[str, Any] = {
            "name": self._names.get(result.call_id) or result.name,
            "response": {"error" if result.is_error else "output": said},
        }
        if self._family.is_third and result.call_id:
            response["id"] = result.call_id
        parts = [self._medium(medium) for medium in media if not medium.text]
        if parts:
            response["parts"] = parts
        return {"functionResponse": response}

    def _medium(self, medium: Media) -> dict[str, Any]:
        if medium.text and not medium.data:
            self._losses.append(Loss("document.textified", detail=medium.name[:80]))
        return part_of(medium)


def _append(contents: list[dict[str, Any]], role: str, parts: list[dict[str, Any]]) -> None:
    if parts:
        contents.append({"role": role, "parts": parts})


def _searched(search: WebSearch) -> str:
    """A search of an earlier turn in words (reference: protocols, 2.13)."""
    hits = "; ".join(" - ".join(filter(None, (hit.title, hit.url))) for hit in search.hits)
    return f'[searched the web for "{search.query}": {hits or search.error or "nothing found"}]'
