"""generativelanguage.googleapis.com as a judge: reads generateContent, or refuses in the vendor's words.

It plays Gemini 3.1 Pro.  Calls have no ids, so results find theirs by name and order, and the first call
of every turn has to come back with the signature that it was given.
"""

from __future__ import annotations

import json
from typing import Final

from tests.agents.strict.gemini_tools import declarations_of
from tests.agents.strict.shape import (
    demand,
    names,
    objects,
    only,
)
from tests.agents.words import (
    Call,
    Heard,
    Image,
    Json,
    Refused,
    Request,
    Result,
    Turn,
    image_of,
    thought_at,
    thought_of,
)

VENDOR: Final = "gemini"
MODEL: Final = "gemini-3.1-pro-preview"
_FIELDS: Final = names(
    "contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels "
    "serviceTier store"
)
_GENERATION: Final = names(
    "temperature topP topK candidateCount maxOutputTokens stopSequences presencePenalty frequencyPenalty "
    "seed responseLogprobs logprobs responseMimeType responseSchema responseJsonSchema "
    "responseModalities mediaResolution speechConfig imageConfig thinkingConfig"
)
_DATA: Final = names(
    "text inlineData fileData functionCall functionResponse executableCode codeExecutionResult"
)
_MODIFIERS: Final = frozenset({"thought", "thoughtSignature", "videoMetadata", "mediaResolution"})
_UNKNOWN: Final = "Invalid JSON payload received. Unknown name \"{}\" at '%s': Cannot find field."


def hear(request: Request, thoughts: tuple[str, ...]) -> Heard:
    """What a request says.

    Raises:
        Refused: the vendor would not take it.
    """
    body = request.body
    model, _, method = request.path.rpartition("/")[2].partition(":")
    demand(model == MODEL, f"models/{model} is not found for API version v1beta")
    only(body, _FIELDS, _UNKNOWN % "")
    heard = Heard(streams=method.startswith("stream"), counts=True)
    _generation(body.get("generationConfig", {}), heard)
    heard.tools = declarations_of(body)
    for number, part in enumerate((body.get("systemInstruction") or {}).get("parts", ())):
        demand(
            part.get("text"),
            f"system_instruction.parts[{number}].data: required oneof field 'data'",
        )
        heard.system += part["text"] + "\n"
    contents = objects(
        body.get("contents"), "* GenerateContentRequest.contents: contents is not specified"
    )
    _order(contents)
    reader = _Reader(heard, thoughts)
    for number, content in enumerate(contents):
        reader.read(content, f"contents[{number}]")
    return heard


def refusal(problem: Refused) -> Json:
    """The body of a 400."""
    return {"error": {"code": 400, "message": problem.message, "status": "INVALID_ARGUMENT"}}


# ---------------------------------------------------------------- the whole


def _generation(config: Json, heard: Heard) -> None:
    only(config, _GENERATION, _UNKNOWN % "generation_config")
    thinking = config.get("thinkingConfig", {})
    only(
        thinking,
        {"includeThoughts", "thinkingBudget", "thinkingLevel"},
        _UNKNOWN % "generation_config.thinking_config",
    )
    demand(
        not {"thinkingBudget", "thinkingLevel"} <= thinking.keys(),
        "You can only set only one of thinking budget and thinking level.",
    )
    level = str(thinking.get("thinkingLevel", "HIGH")).upper()
    levels = {"MINIMAL", "LOW", "MEDIUM", "HIGH"}
    demand(level in levels, f"Invalid value at 'generation_config.thinking_config' \"{level}\"")
    heard.thinks = True  # this model's thinking cannot be turned off
    heard.shows_thoughts = bool(thinking.get("includeThoughts"))
    schema = config.get("responseJsonSchema", config.get("responseSchema"))
    as_json = config.get("responseMimeType") == "application/json"
    demand(
        as_json or schema is None, "responseSchema needs the response mime type application/json"
    )
    heard.schema = (schema or {}) if as_json else None
    demand(
        len(config.get("stopSequences", ())) <= 5, "the number of stop sequences must be at most 5"
    )


def _order(contents: list[Json]) -> None:
    """Calls come after the user or results; results come right after their calls, in number and name."""
    demand(contents, "* GenerateContentRequest.contents: contents is not specified")
    for number, content in enumerate(contents):
        path = f"contents[{number}]"
        only(content, {"role", "parts"}, _UNKNOWN % path)
        demand(
            content.get("role", "user") in {"user", "model"},
            "Please use a valid role: user, model.",
        )
        parts = objects(
            content.get("parts"), f"* GenerateContentRequest.{path}.parts: must not be empty."
        )
        demand(parts, f"* GenerateContentRequest.{path}.parts: contents.parts must not be empty.")
    for before, content in zip([{}, *contents], contents, strict=False):
        demand(
            not _names(content, "functionCall")
            or (before and before.get("role", "user") == "user"),
            "Please ensure that function call turn comes immediately after a user turn or after a "
            "function response turn.",
        )
        demand(
            not _names(content, "functionResponse") or _names(before, "functionCall"),
            "Please ensure that function response turn comes immediately after a function call turn.",
        )
    for content, after in zip(contents, [*contents[1:], {}], strict=True):
        calls = _names(content, "functionCall")
        demand(
            sorted(calls) == sorted(_names(after, "functionResponse")),
            "Please ensure that the number of function response parts is equal to the number of "
            "function call parts of the function call turn.",
        )
    demand(
        contents[0].get("role", "user") == "user",
        "Please ensure that the first turn is a user turn.",
    )
    demand(
        contents[-1].get("role", "user") == "user",
        "Please ensure that the last turn is a user turn.",
    )


def _names(content: Json, kind: str) -> list[str]:
    return [str(part[kind].get("name")) for part in content.get("parts", ()) if kind in part]


class _Reader:
    """Reads one content after the other into what is heard."""

    def __init__(self, heard: Heard, thoughts: tuple[str, ...]) -> None:
        self._heard = heard
        self._thoughts = thoughts
        self._declared = {tool.name for tool in heard.tools}

    def read(self, content: Json, path: str) -> None:
        for place, part in enumerate(content["parts"]):
            self._form(part, f"{path}.parts[{place}]")
        if content.get("role", "user") == "model":
            self._model(content["parts"], path)
        else:
            self._user(content["parts"], path)

    def _form(self, part: Json, path: str) -> None:
        only(part, _DATA | _MODIFIERS, _UNKNOWN % path)
        data = _DATA & part.keys()
        signed_end = part.get("text") == "" and "thoughtSignature" in part
        demand(
            len(data) == 1 and (part.get("text") != "" or signed_end),
            f"* GenerateContentRequest.{path}.data: required oneof field 'data' must have one "
            "initialized field",
        )

    def _model(self, parts: list[Json], path: str) -> None:
        turn = Turn()
        for place, part in enumerate(parts):
            where = f"{path}.parts[{place}]"
            if "functionCall" in part:
                self._signature(part, where, first=not turn.calls)
                turn.calls.append(self._call(part["functionCall"], where))
                continue
            if "thoughtSignature" in part:
                self._known(part["thoughtSignature"])
            if "text" in part and not part.get("thought"):
                turn.text += part["text"]
        if turn.calls:
            self._heard.turns.append(turn)

    def _signature(self, part: Json, path: str, *, first: bool) -> None:
        signature, name = part.get("thoughtSignature"), part["functionCall"].get("name")
        if not first:
            demand(not signature, f"{path}: a signature on another call than the first of its turn")
            return
        demand(
            signature,
            "Function call is missing a thought_signature in functionCall parts. This is required for "
            "tools to work correctly, and missing thought_signature may lead to degraded model "
            f"performance. Additional data, function call `default_api:{name}`, position {path}.",
        )
        step = len(self._heard.turns)
        demand(
            self._known(signature) == thought_at(self._thoughts, step),
            "Thought signature is not valid.",
        )

    def _known(self, signature: str) -> str | None:
        """The thought that a signature was given for; one that was never given is refused."""
        demand(
            signature
            not in {"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"},
            "a bypass came although the signature was given out",
        )
        thought = thought_of(VENDOR, signature, self._thoughts)
        demand(thought is not None, "Corrupted thought signature.")
        return thought

    def _call(self, call: Json, path: str) -> Call:
        only(call, {"id", "name", "args"}, _UNKNOWN % f"{path}.function_call")
        name, arguments = call.get("name"), call.get("args", {})
        demand(
            name in self._declared,
            f"{path}.function_call.name: {name!r} is not a declared function",
        )
        demand(
            isinstance(arguments, dict), f"Invalid value at '{path}.function_call.args' (Struct)"
        )
        return Call(str(call.get("id", "")), name, json.dumps(arguments, ensure_ascii=False))

    def _user(self, parts: list[Json], path: str) -> None:
        responses = [part["functionResponse"] for part in parts if "functionResponse" in part]
        turns = self._heard.turns
        if responses:
            turns[-1].results = self._matched(responses, turns[-1].calls, path)
        for place, part in enumerate(parts):
            if "inlineData" in part and turns:
                turns[-1].loose += _images([part], f"{path}.parts[{place}]")
            if "text" in part and not turns:
                self._heard.prompt += part["text"] + "\n"

    def _matched(self, responses: list[Json], calls: list[Call], path: str) -> list[Result]:
        """The results in the order of their calls: one by one, since names may be the same."""
        for response, call in zip(responses, calls, strict=True):
            only(
                response,
                {"id", "name", "response", "parts", "willContinue", "scheduling"},
                _UNKNOWN % f"{path}.function_response",
            )
            demand(
                response["name"] == call.name,
                f"{path}: the response of {response['name']!r} stands where that of {call.name!r} belongs",
            )
            same = response.get("id", "") == call.id
            demand(
                same,
                f"{path}: the response's id {response.get('id')!r} is not its call's {call.id!r}",
            )
        return [_result(response, path) for response in responses]


def _result(response: Json, path: str) -> Result:
    said = response.get("response")
    demand(isinstance(said, dict), f"Invalid value at '{path}.function_response.response' (Struct)")
    failed = "error" in said and "output" not in said
    value = said.get("error" if failed else "output", said)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    images = _images(response.get("parts", []), f"{path}.function_response")
    return Result(text, tuple(images), failed)


def _images(parts: list[Json], path: str) -> list[Image]:
    try:
        return [
            image_of(each["inlineData"].get("mimeType", ""), each["inlineData"].get("data"))
            for each in parts
        ]
    except (ValueError, KeyError) as problem:
        raise Refused(f"Unable to process input image at {path}: {problem}") from problem
