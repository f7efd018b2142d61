"""A vendor of Chat Completions as a judge: reads a request, or refuses it in the vendor's words.

It plays a model that thinks in ``reasoning_content`` and wants it back whole with every turn that called
tools, as DeepSeek's do, that takes images as Kimi's do, and that knows no role ``developer``; for the rest
it is as strict as api.openai.com.
"""

from __future__ import annotations

from typing import Any, Final

from tests.agents.strict.openai_functions import NAME, function_of
from tests.agents.strict.shape import (
    demand,
    fullmatch,
    json_object,
    names,
    objects,
    only,
    text,
    unique,
)
from tests.agents.words import (
    Call,
    Heard,
    Json,
    Refused,
    Request,
    Result,
    Turn,
    image_of_data_url,
    thought_at,
)

VENDOR: Final = "openai-chat"
MODEL: Final = "scripted-reasoner"
QUIRKS: Final = ("no-developer-role", "reasoning-content-field", "reasoning-replay")
MAX_ID: Final = 40
_FIELDS: Final = names(
    "model messages stream stream_options max_tokens max_completion_tokens temperature top_p "
    "presence_penalty frequency_penalty seed logit_bias logprobs top_logprobs n stop tools tool_choice "
    "parallel_tool_calls response_format reasoning_effort verbosity user safety_identifier metadata "
    "store service_tier prompt_cache_key"
)
_MESSAGE_FIELDS: Final = {
    "system": {"content", "name"},
    "user": {"content", "name"},
    "assistant": {"content", "name", "refusal", "tool_calls", "reasoning_content"},
    "tool": {"content", "tool_call_id"},
}
UNKNOWN: Final = "Unrecognized request argument supplied: {}"


def hear(request: Request, thoughts: tuple[str, ...]) -> Heard:
    """What a request says.

    Raises:
        Refused: the vendor would not take it.
    """
    body = request.body
    _top(body)
    heard = Heard(
        streams=body.get("stream") or False, thinks=body.get("reasoning_effort") != "none"
    )
    heard.counts = bool((body.get("stream_options") or {}).get("include_usage"))
    heard.tools = _tools(body)
    heard.schema = _schema(body)
    messages = objects(body.get("messages"), "'messages' must be a list of objects")
    demand(messages, "[] is too short - 'messages'")
    _pairs(messages)
    reader = _Reader(heard, thoughts)
    for number, message in enumerate(messages):
        reader.read(message, f"messages[{number}]")
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
    demand(
        not {"max_tokens", "max_completion_tokens"} <= body.keys(),
        "max_tokens and max_completion_tokens cannot both be set",
    )
    demand(
        body.get("stream") or not body.get("stream_options"),
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    )
    for name in ("temperature", "top_p"):
        value = body.get(name, 0)
        demand(
            isinstance(value, int | float) and 0 <= value <= 2,
            f"{value!r} is out of range - '{name}'",
        )
    stop = body.get("stop") or []
    demand(isinstance(stop, str) or len(stop) <= 4, f"{stop!r} is too long - 'stop'")
    efforts = {None, "none", "minimal", "low", "medium", "high", "xhigh", "max"}
    effort = body.get("reasoning_effort")
    demand(effort in efforts, f"Invalid value: {effort!r}", param="reasoning_effort")


def _tools(body: Json) -> list[Any]:
    if "tools" not in body:
        for name in ("tool_choice", "parallel_tool_calls"):
            demand(name not in body, f"'{name}' is only allowed when 'tools' are specified.")
        return []
    declared = objects(body["tools"], "'tools' must be a list of objects")
    demand(declared, "[] is too short - 'tools'")
    tools = []
    for number, tool in enumerate(declared):
        path = f"tools[{number}]"
        demand(
            tool.get("type") == "function",
            f"Invalid value: {tool.get('type')!r}.",
            param=f"{path}.type",
        )
        only(tool, {"type", "function"}, f"Unknown parameter: '{path}.{{}}'.")
        tools.append(function_of(tool.get("function"), f"{path}.function"))
    demand(not unique([tool.name for tool in tools]), "Tool names must be unique.")
    choice = body.get("tool_choice", "auto")
    name = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    known = name in {tool.name for tool in tools} or choice in ("none", "auto", "required")
    demand(known, f"Invalid value for 'tool_choice': {choice!r}")
    return tools


def _schema(body: Json) -> Json | None:
    wanted = body.get("response_format") or {"type": "text"}
    kind = wanted.get("type")
    demand(kind in {"text", "json_object", "json_schema"}, f"Invalid value: {kind!r}.")
    if kind != "json_schema":
        return {} if kind == "json_object" else None
    described = wanted.get("json_schema") or {}
    demand(
        fullmatch(NAME, described.get("name")),
        "Missing required parameter: 'response_format.json_schema.name'.",
    )
    return described.get("schema") or {}


def _pairs(messages: list[Json]) -> None:
    """Calls are answered at once, each by one message of the role tool."""
    open_ids: list[str] = []
    seen: list[str] = []
    for number, message in enumerate(messages):
        if message.get("role") == "tool":
            each = message.get("tool_call_id")
            demand(
                each in open_ids,
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding "
                "message with 'tool_calls'.",
                param=f"messages.[{number}].role",
            )
            open_ids.remove(each)
            continue
        _closed(open_ids)
        open_ids = [str(call.get("id")) for call in message.get("tool_calls") or ()]
        seen += open_ids
    _closed(open_ids)
    demand(not unique(seen), f"Duplicate value for 'tool_call_id' of {unique(seen)!r}")


def _closed(open_ids: list[str]) -> None:
    demand(
        not open_ids,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'. The following tool_call_ids did not have response messages: "
        + ", ".join(open_ids),
    )


class _Reader:
    """Reads the messages one by one into what is heard."""

    def __init__(self, heard: Heard, thoughts: tuple[str, ...]) -> None:
        self._heard = heard
        self._thoughts = thoughts
        self._results: dict[str, Result] = {}
        self._declared = {tool.name for tool in heard.tools}

    def read(self, message: Json, path: str) -> None:
        role = message.get("role")
        demand(
            role in _MESSAGE_FIELDS,
            f"unknown variant `{role}`, expected one of `system`, `user`, `assistant`, `tool`",
        )
        only(message, _MESSAGE_FIELDS[role] | {"role"}, f"Unknown parameter: '{path}.{{}}'.")
        match role:
            case "assistant":
                self._assistant(message, path)
            case "tool":
                self._tool(message, path)
            case "user":
                self._user(message, path)
            case _:
                self._heard.system += _text(message.get("content"), path) + "\n"

    def _assistant(self, message: Json, path: str) -> None:
        calls = message.get("tool_calls")
        content = message.get("content")
        demand(calls is None or calls, f"[] is too short - '{path}.tool_calls'")
        demand(
            content or calls,
            f"Invalid value for '{path}.content': expected a string, got null.",
        )
        if not calls:
            return
        turn = Turn(_text(content or "", path))
        turn.calls = [
            self._call(call, f"{path}.tool_calls[{place}]") for place, call in enumerate(calls)
        ]
        self._thought(message.get("reasoning_content"))
        self._heard.turns.append(turn)
        self._results = {}

    def _thought(self, thought: Any) -> None:
        expected = thought_at(self._thoughts, len(self._heard.turns))
        demand(
            not self._heard.thinks or thought == expected,
            "The `reasoning_content` in the thinking mode must be passed back to the API. "
            f"(It came back as {thought!r}.)",
        )

    def _call(self, call: Json, path: str) -> Call:
        only(call, {"id", "type", "function", "index"}, f"Unknown parameter: '{path}.{{}}'.")
        name = text(call.get("id"), f"Missing required parameter: '{path}.id'.")
        demand(
            0 < len(name) <= MAX_ID,
            f"Invalid '{path}.id': string too long. Expected a string with maximum length {MAX_ID}, but "
            f"got a string with length {len(name)} instead.",
            code="string_above_max_length",
        )
        demand(
            call.get("type") == "function",
            f"Invalid value: {call.get('type')!r}.",
            param=f"{path}.type",
        )
        function = call.get("function") or {}
        only(function, {"name", "arguments"}, f"Unknown parameter: '{path}.function.{{}}'.")
        demand(
            json_object(function.get("arguments")),
            f"'{path}.function.arguments' must be JSON of an object",
        )
        named = function.get("name")
        demand(named in self._declared, f"'{path}.function.name': {named!r} is not a declared tool")
        return Call(name, named, function["arguments"])

    def _tool(self, message: Json, path: str) -> None:
        turn = self._heard.turns[-1]
        self._results[message["tool_call_id"]] = Result(_text(message.get("content"), path))
        turn.results = [self._results[call.id] for call in turn.calls if call.id in self._results]

    def _user(self, message: Json, path: str) -> None:
        content = message.get("content")
        turns = self._heard.turns
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for place, part in enumerate(objects(content, f"Invalid type for '{path}.content'.")):
            where = f"{path}.content[{place}]"
            match part.get("type"):
                case "text":
                    only(part, {"type", "text"}, f"Unknown parameter: '{where}.{{}}'.")
                    said = text(part.get("text"), f"Missing required parameter: '{where}.text'.")
                    demand(said, f"Invalid '{where}.text': empty string.")
                    self._heard.prompt += "" if turns else said + "\n"
                case "image_url":
                    image = _image(part, where)
                    if turns:
                        turns[-1].loose.append(image)
                case kind:
                    raise Refused(f"Invalid value: {kind!r}.", param=f"{where}.type")


def _image(part: Json, path: str) -> Any:
    only(part, {"type", "image_url"}, f"Unknown parameter: '{path}.{{}}'.")
    only(part["image_url"], {"url", "detail"}, f"Unknown parameter: '{path}.image_url.{{}}'.")
    try:
        return image_of_data_url(part["image_url"].get("url"))
    except ValueError as problem:
        raise Refused(
            f"Invalid '{path}.image_url': {problem}", code="invalid_image_url"
        ) from problem


def _text(content: Any, path: str) -> str:
    """A content that is a text or parts of text only."""
    if isinstance(content, str):
        return content
    parts = objects(content, f"Invalid type for '{path}.content': expected a string or an array.")
    for place, part in enumerate(parts):
        demand(
            part.get("type") == "text",
            f"Invalid value: {part.get('type')!r}. Supported values are: 'text'.",
            param=f"{path}.content[{place}].type",
        )
    return "".join(part["text"] for part in parts)
