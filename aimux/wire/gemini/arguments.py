"""The arguments of a call as Gemini wants them: an object, whatever text there was."""

from __future__ import annotations

from aimux.wire import jsontext


def args_text(arguments: str) -> tuple[str, bool]:
    """JSON text of an object on one line, and whether what was meant had to be wrapped.

    An object stays as it was written.  Nothing and ``null`` are the empty one; an object inside a JSON
    text is taken out of it; any other value is wrapped, and so is what is no JSON at all: a model that
    was cut off (reference: protocols, 2.8).
    """
    if not arguments.isascii():
        arguments = jsontext.mended(arguments)
    written = jsontext.object_text(arguments)
    if written is not None:
        return _one_line(written), False
    try:
        value = jsontext.loads(arguments)
    except ValueError:
        return ("{}", False) if not arguments.strip() else (_wrapped("_raw", arguments), True)
    if value is None:
        return "{}", False
    if isinstance(value, str) and (inner := jsontext.object_text(value)) is not None:
        return _one_line(inner), True
    try:
        return _wrapped("value", value), True
    except ValueError:  # a number beyond every float, beside half a character
        return _wrapped("_raw", arguments), True


def _one_line(text: str) -> str:
    """In JSON a line ends only between two tokens; in an event nowhere."""
    return text.replace("\n", " ").replace("\r", " ") if "\n" in text or "\r" in text else text


def _wrapped(name: str, value: object) -> str:
    return jsontext.text_of({name: value})
