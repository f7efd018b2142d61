"""api.openai.com as a judge: reads a Responses request, or refuses it in the vendor's words.

It plays a reasoning model of the GPT-5.5 class for an organization without data retention: nothing is
stored, so the model's reasoning lives in ``encrypted_content`` alone and has to come back with the calls
it led to.
"""

from __future__ import annotations

import hashlib
from typing import Final

from tests.agents.strict.openai_functions import NAME
from tests.agents.strict.openai_tools import tools_of
from tests.agents.strict.responses_parts import images_of, parts_of, said_in
from tests.agents.strict.shape import (
    demand,
    fullmatch,
    json_object,
    names,
    objects,
    only,
    unique,
)
from tests.agents.words import Call, Heard, Json, Refused, Request, Result, Turn, sealed, thought_at

VENDOR: Final = "openai-responses"
MODEL: Final = "gpt-5.5"
MAX_ID: Final = 64
PREFIX: Final = "gAAAA"
"""How every encrypted_content of this vendor begins."""
_FIELDS: Final = names(
    "model input instructions stream stream_options store include tools tool_choice parallel_tool_calls "
    "reasoning text max_output_tokens max_tool_calls temperature top_p top_logprobs truncation metadata "
    "user safety_identifier prompt_cache_key prompt_cache_options service_tier background "
    "previous_response_id conversation client_metadata"
)
_ITEMS: Final = {
    "message": ({"role", "content", "status", "phase"}, "msg_"),
    "reasoning": ({"summary", "content", "encrypted_content", "status"}, "rs_"),
    "function_call": ({"call_id", "name", "arguments", "namespace", "status"}, "fc_"),
    "function_call_output": ({"call_id", "output", "name", "namespace", "status"}, "fco_"),
    "custom_tool_call": ({"call_id", "name", "input", "namespace", "status"}, "ctc_"),
    "custom_tool_call_output": ({"call_id", "output", "name", "namespace", "status"}, "ctco_"),
    "additional_tools": ({"role", "tools"}, "at_"),
}
_MODELS_OWN: Final = frozenset({"reasoning", "function_call", "custom_tool_call"})
UNKNOWN: Final = "Unknown parameter: '{}'."


def encrypted(thought: str) -> str:
    """What the vendor gives out for a thought."""
    return PREFIX + sealed(VENDOR, thought)


def reasoning_id(thought: str) -> str:
    """The id of the item that holds a thought."""
    return "rs_" + hashlib.sha256(thought.encode()).hexdigest()[:48]


def hear(request: Request, thoughts: tuple[str, ...]) -> Heard:
    """What a request says.

    Raises:
        Refused: the vendor would not take it.
    """
    body = request.body
    _top(body)
    heard = Heard(streams=body.get("stream") or False, counts=True)
    heard.thinks = (body.get("reasoning") or {}).get("effort") != "none"
    heard.system = body.get("instructions") or ""
    heard.schema = _schema(body)
    items = body.get("input")
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    items = objects(items, "Invalid type for 'input': expected a string or an array of objects.")
    heard.tools = tools_of(body, items)
    _ids(items)
    reader = _Reader(heard, thoughts)
    for number, item in enumerate(items):
        following = items[number + 1] if number + 1 < len(items) else {}
        reader.read(item, following, f"input[{number}]")
    return heard


def refusal(problem: Refused) -> Json:
    """The body of a 400."""
    error = {"message": problem.message, "type": "invalid_request_error"}
    return {"error": {**error, "param": problem.param, "code": problem.code}}


# ---------------------------------------------------------------- the whole


def _top(body: Json) -> None:
    only(body, _FIELDS, UNKNOWN)
    demand(
        body.get("model") == MODEL,
        f"The model `{body.get('model')}` does not exist",
        code="model_not_found",
    )
    demand(body.get("store") is False, "'store' must be false: this organization keeps no data.")
    for name in ("previous_response_id", "conversation", "background"):
        demand(not body.get(name), f"'{name}' needs a stored response.", param=name)
    for name in ("temperature", "top_p"):
        demand(
            body.get(name) is None,
            f"Unsupported parameter: '{name}' is not supported with this model.",
            param=name,
            code="unsupported_parameter",
        )
    limit = body.get("max_output_tokens")
    demand(
        limit is None or limit >= 16,
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
    )
    demand(
        "reasoning.encrypted_content" in body.get("include", ()), "'include' lacks the reasoning"
    )
    reasoning = body.get("reasoning") or {}
    only(reasoning, {"effort", "summary", "context", "mode"}, "Unknown parameter: 'reasoning.{}'.")
    effort = reasoning.get("effort")
    known = {None, "none", "minimal", "low", "medium", "high", "xhigh"}
    demand(
        effort in known,
        f"Unsupported value: {effort!r} is not supported with this model.",
        param="reasoning.effort",
    )


def _schema(body: Json) -> Json | None:
    words = body.get("text") or {}
    only(words, {"format", "verbosity"}, "Unknown parameter: 'text.{}'.")
    wanted = words.get("format") or {"type": "text"}
    match wanted.get("type"):
        case "json_schema":
            demand(
                fullmatch(NAME, wanted.get("name")),
                "Missing required parameter: 'text.format.name'.",
            )
            schema: Json = wanted.get("schema") or {}
            return schema
        case "json_object":
            return {}
        case kind:
            demand(kind == "text", f"Invalid value: {kind!r}.", param="text.format.type")
            return None


def _ids(items: list[Json]) -> None:
    """Every call has one output and every output a call before it; ids are of the vendor's form."""
    called: list[str] = []
    answered: list[str] = []
    for number, item in enumerate(items):
        kind = str(item.get("type", "message"))
        if not kind.endswith(("_call", "_call_output")):
            continue
        each = item.get("call_id")
        path = f"input[{number}].call_id"
        demand(isinstance(each, str) and each, f"Missing required parameter: '{path}'.")
        demand(
            len(each) <= MAX_ID,
            f"Invalid '{path}': string too long. Expected a string with maximum length {MAX_ID}, but got "
            f"a string with length {len(each)} instead.",
            code="string_above_max_length",
        )
        if kind.endswith("_call"):
            called.append(each)
            continue
        demand(each in called, f"No tool call found for function call output with call_id {each}.")
        answered.append(each)
    missing = [each for each in called if each not in answered]
    demand(not missing, f"No tool output found for function call {', '.join(missing)}.")
    for ids in (called, answered):
        demand(not unique(ids), f"Duplicate item found with call_id {unique(ids)}.")


class _Reader:
    """Reads the items one by one; a turn of the model ends with the first output."""

    def __init__(self, heard: Heard, thoughts: tuple[str, ...]) -> None:
        self._heard = heard
        self._thoughts = thoughts
        self._declared = {(tool.namespace, tool.name) for tool in heard.tools}
        self._reset()

    def _reset(self) -> None:
        self._turn = Turn()
        self._has_thought = False
        self._outputs: dict[str, Result] = {}

    def read(self, item: Json, following: Json, path: str) -> None:
        kind = item.get("type", "message")
        demand(kind in _ITEMS, f"Invalid value: {kind!r}.", param=f"{path}.type")
        fields, prefix = _ITEMS[kind]
        only(item, fields | {"type", "id"}, f"Unknown parameter: '{path}.{{}}'.")
        if item.get("id") is not None:
            demand(
                fullmatch(f"{prefix}[A-Za-z0-9_-]{{1,{MAX_ID - len(prefix)}}}", item["id"]),
                f"Invalid '{path}.id': {item['id']!r}. Expected an ID that begins with '{prefix[:-1]}'.",
            )
        if self._outputs and (kind in _MODELS_OWN or item.get("role") == "assistant"):
            self._reset()
        self._dispatch(kind, item, following, path)

    def _dispatch(self, kind: str, item: Json, following: Json, path: str) -> None:
        match kind:
            case "message":
                self._message(item, path)
            case "reasoning":
                self._reasoning(item, following, path)
            case "function_call" | "custom_tool_call":
                self._call(item, path)
            case "function_call_output" | "custom_tool_call_output":
                self._output(item, path)

    def _message(self, item: Json, path: str) -> None:
        role = item.get("role")
        parts = parts_of(item.get("content"), role, path)
        match role:
            case "assistant":
                self._turn.text += said_in(parts)
            case "user" if self._heard.turns:
                self._heard.turns[-1].loose += images_of(parts, path)
            case "user":
                self._heard.prompt += said_in(parts) + "\n"
            case _:
                self._heard.system += said_in(parts) + "\n"

    def _reasoning(self, item: Json, following: Json, path: str) -> None:
        objects(item.get("summary"), f"Missing required parameter: '{path}.summary'.")
        name = item.get("id")
        step = len(self._heard.turns)
        expected = thought_at(self._thoughts, step)
        demand(
            item.get("encrypted_content") == encrypted(expected),
            f"The encrypted content for item {name} could not be verified. Reason: Encrypted content "
            "could not be decrypted or parsed.",
            code="invalid_encrypted_content",
        )
        demand(
            name in {None, reasoning_id(expected)},
            f"The encrypted content for item {name} could not be verified: it is another item's.",
            code="invalid_encrypted_content",
        )
        leads_on = following.get("type") in _MODELS_OWN or following.get("role") == "assistant"
        demand(
            leads_on,
            f"Item '{name}' of type 'reasoning' was provided without its required following item.",
        )
        self._has_thought = True

    def _call(self, item: Json, path: str) -> None:
        name, namespace = item.get("name"), item.get("namespace") or ""
        demand(
            not self._heard.thinks or self._has_thought,
            f"Item '{item.get('id')}' of type 'function_call' was provided without its required "
            "'reasoning' item.",
        )
        demand(
            (namespace, name) in self._declared, f"'{path}.name': {name!r} is not a declared tool"
        )
        raw = item["type"] == "custom_tool_call"
        arguments = item.get("input" if raw else "arguments")
        demand(raw or json_object(arguments), f"'{path}.arguments' must be JSON of an object")
        if not self._turn.calls:
            self._heard.turns.append(self._turn)
        self._turn.calls.append(Call(item["call_id"], name, arguments, namespace, raw))

    def _output(self, item: Json, path: str) -> None:
        output = item.get("output")
        parts = parts_of(output, "tool", path)
        result = Result(said_in(parts), tuple(images_of(parts, path)))
        self._outputs[item["call_id"]] = result
        turn = self._heard.turns[-1]
        turn.results = [self._outputs[call.id] for call in turn.calls if call.id in self._outputs]
