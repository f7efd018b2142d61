"""What the vendors' own SDKs make of an answer: the second judge, which nobody here has written.

The bytes reach the SDK through a transport that is no network.  What it has read comes back as the same
``Told`` that the automata of ``grammar`` give, so that both can be compared.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, Final

import anthropic
import httpx2
import openai
from google import genai
from google.genai import types

from aimux.model.request import WireFormat
from tests.support.grammar.anthropic import ENDINGS as MESSAGE_ENDINGS
from tests.support.grammar.gemini import ENDINGS as GEMINI_ENDINGS
from tests.support.grammar.openai_chat import ENDINGS as CHAT_ENDINGS
from tests.support.grammar.openai_responses import REASONS
from tests.support.grammar.told import Called, Ending, Kind, Piece, Tokens, Told

_URL: Final = "http://sdk.invalid"


class Sdks:
    """All three SDKs, which hear what they are told to.  Closed when done."""

    def __init__(self) -> None:
        self._body = b""
        self._type = ""
        self._http = httpx2.Client(transport=httpx2.MockTransport(self._answer))
        client: dict[str, Any] = {"api_key": "sk-test-1", "http_client": self._http}
        self._claude = anthropic.Anthropic(base_url=_URL, max_retries=0, **client)
        self._gpt = openai.OpenAI(base_url=_URL, max_retries=0, **client)
        options = types.HttpOptions(base_url=_URL, httpx_client=self._http)
        self._google = genai.Client(api_key="sk-test-1", vertexai=False, http_options=options)

    def close(self) -> None:
        """Lets the transport go."""
        self._http.close()

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(200, headers={"content-type": self._type}, content=self._body)

    def stream(self, wire_format: WireFormat, stream: bytes) -> Told:
        """What the SDK puts together from a stream; raises whatever the SDK raises."""
        self._body, self._type = stream, "text/event-stream"
        return _STREAMS[wire_format](self)

    def whole(self, wire_format: WireFormat, body: bytes) -> Told:
        """What it reads in an answer that is not streamed."""
        self._body, self._type = body, "application/json"
        return _WHOLES[wire_format](self)

    def _message_stream(self) -> Told:
        with self._claude.messages.stream(model="m", max_tokens=9, messages=[]) as events:
            return _of_message(events.get_final_message())

    def _message(self) -> Told:
        return _of_message(self._claude.messages.create(model="m", max_tokens=9, messages=[]))

    def _completion_stream(self) -> Told:
        with self._gpt.chat.completions.stream(model="m", messages=[]) as events:
            for _ in events:
                pass
            return _of_completion(
                events.current_completion_snapshot
            )  # the final one raises on length

    def _completion(self) -> Told:
        return _of_completion(self._gpt.chat.completions.create(model="m", messages=[]))

    def _response_stream(self) -> Told:
        last: Any = None
        with self._gpt.responses.stream(model="m", input="?") as events:
            for event in events:
                if event.type in ("response.completed", "response.incomplete", "response.failed"):
                    last = event.response
        return _of_response(last)

    def _response(self) -> Told:
        return _of_response(self._gpt.responses.create(model="m", input="?"))

    def _content_stream(self) -> Told:
        return _of_contents(self._google.models.generate_content_stream(model="m", contents="?"))

    def _content(self) -> Told:
        return _of_contents([self._google.models.generate_content(model="m", contents="?")])


_STREAMS: Final[dict[WireFormat, Callable[[Sdks], Told]]] = {
    WireFormat.ANTHROPIC: Sdks._message_stream,
    WireFormat.OPENAI_CHAT: Sdks._completion_stream,
    WireFormat.OPENAI_RESPONSES: Sdks._response_stream,
    WireFormat.GEMINI: Sdks._content_stream,
}
_WHOLES: Final[dict[WireFormat, Callable[[Sdks], Told]]] = {
    WireFormat.ANTHROPIC: Sdks._message,
    WireFormat.OPENAI_CHAT: Sdks._completion,
    WireFormat.OPENAI_RESPONSES: Sdks._response,
    WireFormat.GEMINI: Sdks._content,
}


def _of_message(message: Any) -> Told:
    pieces: list[Piece] = []
    for block in message.content:
        match block.type:
            case "text":
                pieces.append(Piece(Kind.TEXT, block.text))
            case "thinking":
                pieces.append(Piece(Kind.THINKING, block.thinking, state=block.signature))
            case "redacted_thinking":
                pieces.append(Piece(Kind.THINKING, state=block.data))
            case "tool_use":
                call = Called(block.id, block.name, _spelled(block.input))
                pieces.append(Piece(Kind.CALL, call=call))
            case _:
                pieces.append(Piece(Kind.SEARCH, block.type))
    usage = message.usage
    read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    thought = usage.output_tokens_details and usage.output_tokens_details.thinking_tokens
    whole = usage.input_tokens + (read or 0) + (written or 0)
    tokens = Tokens(whole, usage.output_tokens, read, written, thought)
    ending = MESSAGE_ENDINGS[message.stop_reason]
    return Told(
        tuple(pieces), ending, message.stop_reason, message.stop_sequence or "", tokens,
        id=message.id, model=message.model,
    )  # fmt: skip


def _of_completion(completion: Any) -> Told:
    (choice,) = completion.choices
    message, more = choice.message, choice.message.model_extra or {}
    said = (
        (Kind.THINKING, more.get("reasoning_content")),
        (Kind.TEXT, message.content),
        (Kind.REFUSAL, message.refusal),
    )
    pieces = [Piece(kind, text) for kind, text in said if text]
    pieces += map(_of_tool_call, message.tool_calls or ())
    ending = CHAT_ENDINGS[choice.finish_reason]
    return Told(
        tuple(pieces), ending, choice.finish_reason, tokens=_completion_tokens(completion.usage),
        id=completion.id, model=completion.model,
    )  # fmt: skip


def _of_tool_call(call: Any) -> Piece:
    custom = call.type == "custom"
    name = call.custom.name if custom else call.function.name
    text = call.custom.input if custom else call.function.arguments
    extra = (call.model_extra or {}).get("extra_content") or {}
    state = extra.get("google", {}).get("thought_signature", "")
    return Piece(Kind.CALL, call=Called(call.id, name, text, kind=call.type), state=state)


def _completion_tokens(usage: Any) -> Tokens:
    if usage is None:
        return Tokens()
    prompt, answer = usage.prompt_tokens_details, usage.completion_tokens_details
    read, written = prompt and prompt.cached_tokens, prompt and prompt.cache_write_tokens
    thought = answer and answer.reasoning_tokens
    return Tokens(usage.prompt_tokens, usage.completion_tokens, read, written, thought)


def _of_response(response: Any) -> Told:
    pieces: list[Piece] = []
    for item in response.output:
        pieces += _of_item(item)
    usage = response.usage
    tokens = Tokens()
    if usage is not None:
        details = usage.input_tokens_details
        tokens = Tokens(
            usage.input_tokens, usage.output_tokens, details.cached_tokens, details.cache_write_tokens,
            usage.output_tokens_details.reasoning_tokens,
        )  # fmt: skip
    ending = Ending.CALLS if any(piece.call for piece in pieces) else Ending.DONE
    finish = response.status
    if response.error is not None:
        return Told(tuple(pieces), Ending.FAILED, error=response.error.message)
    if response.incomplete_details is not None:
        reason = response.incomplete_details.reason
        ending, finish = REASONS[reason], f"{finish}: {reason}"
    return Told(tuple(pieces), ending, finish, tokens=tokens, id=response.id, model=response.model)


def _of_item(item: Any) -> Iterable[Piece]:
    match item.type:
        case "message":
            for part in item.content:
                refused = part.type == "refusal"
                text = part.refusal if refused else part.text
                yield Piece(Kind.REFUSAL if refused else Kind.TEXT, text)
        case "reasoning":
            for part in (*item.summary, *(item.content or ())):
                yield Piece(Kind.THINKING, part.text)
            if item.encrypted_content:
                yield Piece(Kind.THINKING, state=item.encrypted_content)
        case "function_call":
            yield Piece(
                Kind.CALL,
                call=Called(item.call_id, item.name, item.arguments, item.namespace or ""),
            )
        case "custom_tool_call":
            call = Called(item.call_id, item.name, item.input, item.namespace or "", "custom")
            yield Piece(Kind.CALL, call=call)
        case "web_search_call":
            yield Piece(Kind.SEARCH, "web_search")
        case "image_generation_call":
            yield Piece(Kind.MEDIA, "image")
        case kind:
            call = Called(
                item.call_id, kind.removesuffix("_call"), "", kind=kind.removesuffix("_call")
            )
            yield Piece(Kind.CALL, call=call)


def _of_contents(responses: Iterable[Any]) -> Told:
    pieces: list[Piece] = []
    finish, tokens, said, model = "", Tokens(), "", ""
    ending = Ending.DONE
    for response in responses:
        said, model = response.response_id, response.model_version
        usage = response.usage_metadata
        if usage is not None:
            tokens = _content_tokens(usage)
        feedback = response.prompt_feedback
        if feedback is not None:
            finish, ending = feedback.block_reason.value, Ending.REFUSED
        for candidate in response.candidates or ():
            content = candidate.content
            pieces += [_of_part(part) for part in (content and content.parts) or ()]
            if candidate.finish_reason is not None:
                finish = candidate.finish_reason.value
                ending = GEMINI_ENDINGS[finish]
    if ending is Ending.DONE and any(piece.call for piece in pieces):
        ending = Ending.CALLS
    return Told(tuple(pieces), ending, finish, tokens=tokens, id=said, model=model)


def _content_tokens(usage: Any) -> Tokens:
    answer, thought = usage.candidates_token_count, usage.thoughts_token_count
    output = None if answer is None and thought is None else (answer or 0) + (thought or 0)
    return Tokens(usage.prompt_token_count, output, usage.cached_content_token_count, None, thought)


def _of_part(part: Any) -> Piece:
    signature = part.thought_signature
    state = base64.b64encode(signature).decode() if signature else ""
    if part.function_call is not None:
        call = part.function_call
        called = Called(call.id or "", call.name, _spelled(call.args or {}))
        return Piece(Kind.CALL, call=called, state=state)
    if part.inline_data is not None:
        return Piece(Kind.MEDIA, part.inline_data.mime_type)
    return Piece(Kind.THINKING if part.thought else Kind.TEXT, part.text or "", state=state)


def _spelled(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
