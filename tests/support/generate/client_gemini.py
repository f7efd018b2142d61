"""Requests as clients of generateContent write them (reference 1.4.2, 1.4.3, 1.5.4)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.generate.conversations import PNG
from tests.support.generate.schemas import SCHEMAS
from tests.support.generate.some import OBJECTS, one, record, some_of
from tests.support.generate.texts import IDS, NAMES, PLAIN_NAMES, texts

_TEXTS = texts(halves=True)
_MEDIA = one(
    {"inlineData": {"mimeType": "image/png", "data": PNG}},
    {"inline_data": {"mime_type": "application/pdf", "data": "JVBERi0xLjQK"}},
    {"fileData": {"mimeType": "image/png", "fileUri": "https://a.example/a.png"}},
    {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
)
_OUTCOMES = OBJECTS | one({"output": "r1"}, {"error": "r2"}, {}, {"output": {"a": 1.0}})


def _turns(carriers: list[str], ids: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    signatures = st.sampled_from(["bmF0aXZl", "skip_thought_signature_validator", "", *carriers])
    call = st.builds(lambda name, args, more: {"name": name, "args": args, **more},
                     NAMES, OBJECTS, some_of({"id": ids}))  # fmt: skip
    response = st.builds(
        lambda name, outcome, more: {"name": name, "response": outcome, **more},
        NAMES, _OUTCOMES,
        some_of({"id": ids, "parts": one([{"inlineData": {"mimeType": "image/png", "data": PNG}}])}),
    )  # fmt: skip
    user = st.one_of(
        record(text=_TEXTS), record(text=_TEXTS), _MEDIA, record(functionResponse=response)
    )
    model = st.one_of(
        record(text=_TEXTS),
        record(text=_TEXTS, thought=True),
        record(text=_TEXTS, thoughtSignature=signatures),
        record(functionCall=call),
        record(functionCall=call, thoughtSignature=signatures),
        record(functionCall=record(name=PLAIN_NAMES)),
        one({"executableCode": {"language": "PYTHON", "code": "1"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}),
    )  # fmt: skip
    return st.one_of(
        record(role="user", parts=st.lists(user, max_size=3)),
        record(parts=st.lists(user, max_size=2)),
        record(role="model", parts=st.lists(model, max_size=4)),
        record(role="function", parts=st.lists(record(functionResponse=response), max_size=2)),
    )


_DECLARATION = st.builds(
    lambda name, more: {"name": name, **more},
    NAMES,
    some_of({"description": _TEXTS, "parametersJsonSchema": SCHEMAS})
    | some_of({"parameters": SCHEMAS}),
)
_CONFIG = some_of({
    "temperature": one(0, 1, 1.7),
    "topP": one(0.95),
    "topK": one(64, 64.0),
    "maxOutputTokens": one(1, 1000, 128_000),
    "candidateCount": one(1),
    "stopSequences": one([], ["END"], ["a", "b", "c", "d", "e"]),
    "presencePenalty": one(0.5),
    "seed": one(7),
    "responseMimeType": one("text/plain", "application/json"),
    "responseJsonSchema": SCHEMAS,
    "responseSchema": SCHEMAS,
    "responseModalities": one(["TEXT"]),
    "thinkingConfig": one({"includeThoughts": True, "thinkingLevel": "HIGH"}, {"thinkingBudget": 0},
                          {"thinkingBudget": -1}, {"thinkingBudget": 2000, "includeThoughts": False}),
})  # fmt: skip
_FIELDS = {
    "systemInstruction": one({"role": "user", "parts": [{"text": "Be terse."}]}, {"parts": []},
                             {"parts": [{"text": ""}]}),
    "tools": st.lists(
        record(functionDeclarations=st.lists(_DECLARATION, max_size=2))
        | one({"googleSearch": {}}, {"codeExecution": {}}),
        max_size=2,
    ),
    "toolConfig": one({"functionCallingConfig": {"mode": "AUTO"}},
                      {"functionCallingConfig": {"mode": "NONE"}},
                      {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
                      {"functionCallingConfig": {"mode": "VALIDATED"}}),
    "generationConfig": _CONFIG,
    "safetySettings": one([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
    "labels": one({"a": "b"}),
}  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, carriers: list[str]) -> dict[str, Any]:
    """Bodies for ``:generateContent``."""
    ids = st.sampled_from(draw(st.lists(IDS, min_size=1, max_size=2)))
    contents = draw(st.lists(_turns(carriers, ids), min_size=1, max_size=5))
    return {"contents": contents, **draw(some_of(_FIELDS))}
