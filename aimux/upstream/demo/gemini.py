"""The demo provider in the words of Google Gemini.

Field names are camelCase; the vendor takes snake_case as well, and its own library writes some of them
so (``parameters_json_schema``, ``include_thoughts``: google-genai 3.4).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.upstream.demo.answer import Answer, Finish
from aimux.upstream.demo.frame import Frame, plain_event
from aimux.upstream.demo.question import (
    MODELS,
    JsonObject,
    Question,
    Tool,
    callable_tools,
    compact_json,
    last_words,
    objects,
    prompt_tokens,
    section,
    some_objects,
    texts,
    tokens,
    whole_number,
)
from aimux.upstream.demo.rhythm import pieces

_PROMPT: Final = ("systemInstruction", "system_instruction", "contents", "tools")
_LIMIT: Final = "maxOutputTokens"
_DECLARED: Final = "functionDeclarations"


def read(model: str, body: JsonObject) -> Question:
    """The question in a body of ``:generateContent``.

    Raises:
        InvalidRequest: the body is not one.
    """
    asked, result = _last_turn(some_objects(body, "contents"))
    settings = _section(body, "generationConfig")
    calling = _section(_section(body, "toolConfig"), "functionCallingConfig")
    mode = calling.get("mode", "AUTO")
    allowed = _field(calling, "allowedFunctionNames") if mode == "ANY" else None
    return Question(
        model=model,
        body=body,
        asked=asked,
        result=result,
        input_tokens=prompt_tokens(body, _PROMPT),
        tools=callable_tools(
            _tools(body), named=str(allowed[0]) if allowed else None, forbidden=mode == "NONE"
        ),
        must_call=mode == "ANY",
        thinking=_thinking(_section(settings, "thinkingConfig")),
        schema=_schema(settings),
        max_tokens=whole_number({_LIMIT: _field(settings, _LIMIT)}, _LIMIT),
    )


def whole(question: Question, answer: Answer) -> JsonObject:
    """The answer as one object."""
    parts = [part for part, _ in _parts(answer, spoken=False)]
    return _finished(_event(question, answer, parts), answer)


def stream(question: Question, answer: Answer) -> Iterator[Frame]:
    """The answer as server-sent events, each a whole object with new parts; it ends with the stream."""
    for event, pause_s in _events(question, answer):
        yield plain_event(event, pause_s)


def array(question: Question, answer: Answer) -> Iterator[Frame]:
    """The same events as one JSON array, said piece by piece: what comes without ``alt=sse``."""
    opening = "["
    for event, pause_s in _events(question, answer):
        yield Frame(f"{opening}{compact_json(event)}".encode(), pause_s)
        opening = ",\r\n"
    yield Frame(b"]")


def count(model: str, body: JsonObject) -> JsonObject:
    """The answer of ``:countTokens``; the prompt may stand in ``generateContentRequest``."""
    asked = _section(body, "generateContentRequest") or body
    return {"totalTokens": read(model, asked).input_tokens}


def models() -> JsonObject:
    """The answer of ``/v1beta/models``."""
    methods = ["generateContent", "countTokens"]
    return {
        "models": [
            {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}
            for name in MODELS
        ]
    }


def _field(body: JsonObject, name: str) -> Any:
    """A field in either spelling; None when it is there in neither."""
    snake = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)
    return body.get(name, body.get(snake))


def _section(body: JsonObject, name: str) -> JsonObject:
    return section({name: _field(body, name)}, name)


def _thinking(config: JsonObject) -> bool:
    return _field(config, "includeThoughts") is not False and _field(config, "thinkingBudget") != 0


def _schema(settings: JsonObject) -> JsonObject | None:
    if _field(settings, "responseMimeType") != "application/json":
        return None
    return _section(settings, "responseJsonSchema") or _section(settings, "responseSchema")


def _tools(body: JsonObject) -> Iterator[Tool]:
    for group in objects(body, "tools"):
        declared = {_DECLARED: _field(group, _DECLARED)}
        for each in objects(declared, _DECLARED):
            if isinstance(each.get("name"), str):
                schema = _section(each, "parametersJsonSchema") or section(each, "parameters")
                yield Tool(each["name"], schema)


def _last_turn(contents: list[JsonObject]) -> tuple[str, str | None]:
    """What the person said last, and what a function answered if that is how the contents end."""
    asked, result = "", None
    for index, content in enumerate(contents):
        role, parts = content.get("role", "user"), some_objects(content, "parts")
        if role not in {"user", "model", "function"}:
            raise InvalidRequest(f"contents[{index}].role: {role!r} is not a role")
        if role != "model":
            asked = last_words(texts(parts)) or asked
            results = [part for part in parts if _field(part, "functionResponse") is not None]
            result = _response_text(results[-1]) if results else None
    return asked, result


def _response_text(part: JsonObject) -> str:
    """What a function answered: its ``output`` by convention, else all of it."""
    response = section(_section(part, "functionResponse"), "response")
    output = response.get("output", response)
    return output if isinstance(output, str) else compact_json(output)


def _events(question: Question, answer: Answer) -> Iterator[tuple[JsonObject, float]]:
    said = {True: "", False: ""}
    for part, pause_s in _parts(answer, spoken=True):
        said["thought" in part] += part.get("text", "")
        counts = _usage(answer, tokens(said[True]), tokens(said[False]))
        yield _event(question, answer, [part]) | {"usageMetadata": counts}, pause_s
    yield _finished(_event(question, answer, [{"text": ""}]), answer), 0.0


def _parts(answer: Answer, *, spoken: bool) -> Iterator[tuple[JsonObject, float]]:
    """Parts and the pauses before them; texts are one part each, or one a piece when spoken."""
    for text, mark in ((answer.thinking, {"thought": True}), (answer.text, {})):
        if spoken:
            for piece in pieces(text, answer.id):
                yield {"text": piece.text} | mark, piece.pause_s
        elif text:
            yield {"text": text} | mark, 0.0
    if answer.call:
        call = {"id": answer.id, "name": answer.call.name, "args": answer.call.arguments}
        signature = base64.b64encode(f"demo{answer.id}".encode()).decode()
        yield {"functionCall": call, "thoughtSignature": signature}, 0.0


def _event(question: Question, answer: Answer, parts: list[JsonObject]) -> JsonObject:
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
        "modelVersion": question.model,
        "responseId": answer.id,
    }


def _finished(event: JsonObject, answer: Answer) -> JsonObject:
    """The event that ends the answer: with the reason and all the counts."""
    candidate = event["candidates"][0]
    candidate["finishReason"] = "MAX_TOKENS" if answer.finish is Finish.LENGTH else "STOP"
    candidates = answer.output_tokens - answer.thinking_tokens
    return event | {"usageMetadata": _usage(answer, answer.thinking_tokens, candidates)}


def _usage(answer: Answer, thoughts: int, candidates: int) -> JsonObject:
    """The counts so far; this vendor's candidates do not include the thoughts."""
    return {
        "promptTokenCount": answer.input_tokens,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": answer.input_tokens + thoughts + candidates,
    }
