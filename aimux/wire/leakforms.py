"""The forms in which models write calls into their text, each read as far as it has come.

    <tool_call>{"name": ..., "arguments": {...}}</tool_call>           Hermes, Qwen
    <tool_call><function=NAME>...</function></tool_call>               Qwen Coder
    <function=NAME>{...}</function>                                    Llama
    <function=NAME><parameter=KEY>...</parameter></function>           Qwen Coder, bare
    <|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{...}<|tool_call_end|>      Kimi
    [TOOL_CALLS][{"name": ..., "arguments": {...}}]                    Mistral
    [TOOL_CALLS]NAME[ARGS]{...}                                        Mistral, newer
    <invoke name="NAME"><parameter name="KEY">...</parameter></invoke>          Claude and its pupils

A form is a generator over a text that grows: it yields while it needs more, returns the calls when they
are whole, and raises NoCall at the first character that cannot belong to them.  So what it says depends
on the text alone, not on how the text is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.parts import ToolCall
from aimux.wire import jsontext
from aimux.wire.thinktags import beginning_at_end

MAX_CHARS: Final = 2**16
"""A call longer than this is not looked for: so much text is not held back on a suspicion."""

_MAX_NAME_CHARS: Final = 256
_BRACKET: Final = re.compile(r'["{}\[\]]')
_QUOTE: Final = re.compile(r'["\\]')


class NoCall(Exception):
    """What stands there is no call."""


Form = Generator[None, None, list[ToolCall]]


class Leak:
    """A text that grows, behind its opener, with a place in it."""

    __slots__ = ("at", "names", "schemas", "text")

    def __init__(self, names: frozenset[str], schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self.text = ""
        self.at = 0
        self.names = names
        self.schemas = schemas

    def declared(self, name: str) -> str:
        """A tool's name.

        Raises:
            NoCall: there is no such tool.
        """
        if name not in self.names:
            raise NoCall
        return name

    def peek(self) -> Generator[None, None, str]:
        """The next character that is no white space; steps over what is."""
        while True:
            rest = self.text[self.at :].lstrip()
            if rest:
                self.at = len(self.text) - len(rest)
                return rest[0]
            yield

    def either(self, *marks: str) -> Generator[None, None, str]:
        """Which of these marks comes next, behind any white space; steps over it."""
        yield from self.peek()
        while True:
            for mark in marks:
                if self.text.startswith(mark, self.at):
                    self.at += len(mark)
                    return mark
            rest = self.text[self.at :]
            if not any(mark.startswith(rest) for mark in marks):
                raise NoCall
            yield

    def until(self, mark: str, most: int = MAX_CHARS) -> Generator[None, None, str]:
        """What stands before a mark; steps over both."""
        start = seek = self.at
        while True:
            found = self.text.find(mark, seek)
            if (found if found >= 0 else len(self.text) - len(mark)) - start > most:
                raise NoCall
            if found >= 0:
                self.at = found + len(mark)
                return self.text[start:found]
            seek = max(start, len(self.text) - len(mark) + 1)
            yield

    def object(self) -> Generator[None, None, str]:
        """A JSON object as it is written, behind any white space; steps over it."""
        if (yield from self.peek()) != "{":
            raise NoCall
        start = seek = self.at
        depth = 0
        quoted = False
        while True:
            found = (_QUOTE if quoted else _BRACKET).search(self.text, seek)
            if found is None:
                seek = max(seek, len(self.text))
                yield
                continue
            seek = found.end()
            match found[0]:
                case '"':
                    quoted = not quoted
                case "\\":
                    seek += 1
                case "{" | "[":
                    depth += 1
                case _:
                    depth -= 1
            if depth == 0:
                self.at = seek
                return self.text[start:seek]


class Candidate:
    """One opener, and what follows it.  ``end`` is how much of the text the call takes, once known."""

    __slots__ = ("_form", "_leak", "_opener", "end")

    def __init__(
        self, opener: str, names: frozenset[str], schemas: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._opener = opener
        self._leak = Leak(names, schemas)
        self._form = _FORMS[opener](self._leak)
        self.end = 0

    def look(self, text: str) -> list[ToolCall] | None:
        """The calls in a text that begins with the opener: none where it is no call, None while that
        cannot be told.
        """
        leak = self._leak
        leak.text = text
        leak.at = leak.at or len(self._opener)
        try:
            next(self._form)
        except StopIteration as whole:
            self.end = leak.at
            calls: list[ToolCall] = whole.value
            return calls if leak.at <= MAX_CHARS else []
        except NoCall:
            return []
        return None if len(text) <= MAX_CHARS else []


def undecided(text: str) -> int:
    """How many characters at the end of a text may be the beginning of an opener."""
    return max(beginning_at_end(text, opener) for opener in _FORMS)


# ---------------------------------------------------------------- the forms


def _tool_call(leak: Leak) -> Form:
    if (yield from leak.peek()) == "{":
        call = _described((yield from leak.object()), leak)
    else:
        yield from leak.either("<function=")
        call = yield from _one_function(leak)
    yield from leak.either("</tool_call>")
    return [call]


def _function(leak: Leak) -> Form:
    return [(yield from _one_function(leak))]


def _one_function(leak: Leak) -> Generator[None, None, ToolCall]:
    name = leak.declared((yield from leak.until(">", _MAX_NAME_CHARS)))
    if (yield from leak.peek()) == "{":
        arguments = _arguments((yield from leak.object()))
        yield from leak.either("</function>")
        return ToolCall("", name, arguments)
    given: dict[str, Any] = {}
    while (yield from leak.either("<parameter=", "</function>")) == "<parameter=":
        key = yield from leak.until(">", _MAX_NAME_CHARS)
        text = yield from leak.until("</parameter>")
        given[key] = _value(text.removeprefix("\n").removesuffix("\n"), name, key, leak)
    return ToolCall("", name, jsontext.text_of(given))


_BEGIN, _ARGUMENTS, _END = (
    "<|tool_call_begin|>",
    "<|tool_call_argument_begin|>",
    "<|tool_call_end|>",
)
_SECTION, _SECTION_END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"


def _section(leak: Leak) -> Form:
    calls = []
    while (yield from leak.either(_BEGIN, _SECTION_END)) == _BEGIN:
        calls += yield from _kimi(leak)
    return calls


def _kimi(leak: Leak) -> Form:
    id_ = (yield from leak.until(_ARGUMENTS, _MAX_NAME_CHARS)).strip()
    name = leak.declared(id_.removeprefix("functions.").partition(":")[0])
    arguments = _arguments((yield from leak.object()))
    yield from leak.either(_END)
    return [ToolCall(id_, name, arguments)]


def _mistral(leak: Leak) -> Form:
    if (yield from leak.peek()) != "[":
        name = leak.declared((yield from leak.until("[ARGS]", _MAX_NAME_CHARS)))
        return [ToolCall("", name, _arguments((yield from leak.object())))]
    leak.at += 1
    calls = [_described((yield from leak.object()), leak)]
    while (yield from leak.either(",", "]")) == ",":
        calls.append(_described((yield from leak.object()), leak))
    return calls


def _invokes(leak: Leak) -> Form:
    return (yield from _all_invokes(leak, ""))


def _prefixed_invokes(leak: Leak) -> Form:
    return (yield from _all_invokes(leak, _PREFIX))


def _all_invokes(leak: Leak, prefix: str) -> Form:
    calls = []
    begin, end = f'<{prefix}invoke name="', f"</{prefix}function_calls>"
    while (yield from leak.either(begin, end)) == begin:
        calls.append((yield from _one_invoke(leak, prefix)))
    return calls


def _invoke(leak: Leak) -> Form:
    return [(yield from _one_invoke(leak, ""))]


def _prefixed_invoke(leak: Leak) -> Form:
    return [(yield from _one_invoke(leak, _PREFIX))]


def _one_invoke(leak: Leak, prefix: str) -> Generator[None, None, ToolCall]:
    name = leak.declared((yield from leak.until('"', _MAX_NAME_CHARS)))
    yield from leak.either(">")
    given: dict[str, Any] = {}
    begin, end = f'<{prefix}parameter name="', f"</{prefix}invoke>"
    while (yield from leak.either(begin, end)) == begin:
        key = yield from leak.until('"', _MAX_NAME_CHARS)
        yield from leak.until(">", _MAX_NAME_CHARS)
        text = yield from leak.until(f"</{prefix}parameter>")
        given[key] = _value(text, name, key, leak)
    return ToolCall("", name, jsontext.text_of(given))


_PREFIX: Final = "antml:"
_FORMS: Final[dict[str, Callable[[Leak], Form]]] = {
    "<tool_call>": _tool_call,
    "<function=": _function,
    _SECTION: _section,
    _BEGIN: _kimi,
    "[TOOL_CALLS]": _mistral,
    "<function_calls>": _invokes,
    f"<{_PREFIX}function_calls>": _prefixed_invokes,
    '<invoke name="': _invoke,
    f'<{_PREFIX}invoke name="': _prefixed_invoke,
}
OPENER: Final = re.compile("|".join(map(re.escape, _FORMS)))


# ---------------------------------------------------------------- what is in them


def _described(text: str, leak: Leak) -> ToolCall:
    """A call as an object with its name and its arguments."""
    try:
        call = jsontext.scan(text.encode("utf-8", "replace"))
        name, id_ = call.get("name"), call.get("id")
        given = next((call.text(key) for key in ("arguments", "parameters") if key in call), b"{}")
        inner = jsontext.loads(given) if given.startswith(b'"') else None
    except (InvalidRequest, ValueError) as problem:
        raise NoCall from problem
    if not isinstance(name, str):
        raise NoCall
    arguments = _arguments(inner if isinstance(inner, str) else given.decode("utf-8"))
    return ToolCall(id_ if isinstance(id_, str) else "", leak.declared(name), arguments)


def _arguments(text: str) -> str:
    arguments = jsontext.object_text(text)
    if arguments is None:
        raise NoCall
    return arguments


def _value(text: str, name: str, key: str, leak: Leak) -> Any:
    """An argument that does not say what it is: a text if the tool wants one, else JSON if it is."""
    wanted: Any = leak.schemas.get(name, {})
    for step in ("properties", key, "type"):
        wanted = wanted.get(step) if isinstance(wanted, Mapping) else None
    if wanted == "string":
        return text
    try:
        value = jsontext.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, str) else jsontext.verbatim(text.strip())
