"""What connecting does to a text and what undoing does to it, as pure functions.

    put_in     text, settings    ->  text with them, and what stood there before each
    taken_out  text, what stood  ->  text without them, and what was left because somebody changed it

A value that is not ours any more is left as it is.  Both prove their outcome: the text is read again and
must mean what was meant, with everything else as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aimux.clients.client import Setting
from aimux.clients.forms import FORMS, Form, Path_
from aimux.clients.journal import Written, is_ours, value_digest
from aimux.config import meaning
from aimux.config.meaning import ABSENT, value_at
from aimux.errors import UserError


def put_in(
    text: str, form_name: str, settings: Iterable[Setting]
) -> tuple[str, tuple[Written, ...]]:
    """The text with settings in it, and what was there before each.

    Raises:
        UserError: the text has no room for one of them, and how it would be written by hand.
    """
    form = FORMS[form_name]
    meant = own = form.meaning(text)
    written = []
    for setting in settings:
        if any(value_at(own, path) is not ABSENT for path in setting.unless):
            continue
        _refuse_narrow(meant, setting)
        written.append(_before(text, form, meant, setting))
        text = form.put(text, setting.path, setting.value)
        meant = meaning.with_value(meant, setting.path, setting.value)
        _prove(form, text, meant, setting.path)
    return text, tuple(written)


def _refuse_narrow(meant: dict[str, Any], setting: Setting) -> None:
    for length in range(1, len(setting.path)):
        above = value_at(meant, setting.path[:length])
        if above is not ABSENT and not isinstance(above, dict):
            name = ".".join(setting.path[:length])
            raise UserError(
                f"{name} is no table, so that {setting.shown} has no room; nothing was changed",
                hint=f"take {name} out of the file and try again",
            )


def _before(text: str, form: Form, meant: dict[str, Any], setting: Setting) -> Written:
    path, ours = setting.path, value_digest(setting.value)
    if value_at(meant, path) is not ABSENT:
        return Written(path, ours, was=form.raw(text, path))
    made = sum(value_at(meant, path[:length]) is ABSENT for length in range(1, len(path)))
    outer = path[: len(path) - 1 - made]
    is_hollow = bool(text.strip()) and value_at(meant, outer) == {}
    return Written(path, ours, made=made, hollow=form.raw(text, outer) if is_hollow else None)


def taken_out(
    text: str, form_name: str, written: Iterable[Written]
) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The text without our values, what was before in their places, and the paths of what was left.

    Raises:
        UserError: the text cannot be changed so.
    """
    form = FORMS[form_name]
    left = []
    for each in reversed(tuple(written)):
        meant = form.meaning(text)
        value = value_at(meant, each.path)
        if value is not ABSENT and not is_ours(value, each):
            left.append(each.path)
        elif each.was is None:
            text = _taken(text, form, meant, each)
        elif value is not ABSENT:
            text = _put_back(text, form, meant, each.path, each.was)
    return text, tuple(reversed(left))


def _put_back(text: str, form: Form, meant: dict[str, Any], path: Path_, was: str) -> str:
    text = form.put_raw(text, path, was)
    meant = meaning.with_value(meant, path, value_at(form.meaning(text), path))
    _prove(form, text, meant, path)
    return text


def _taken(text: str, form: Form, meant: dict[str, Any], written: Written) -> str:
    """Without a value, if it is still there, and without the tables that came with it and are empty."""
    path = written.path
    if value_at(meant, path) is not ABSENT:
        text, meant = form.take(text, path), meaning.without(meant, path)
        _prove(form, text, meant, path)
    for each in _made(path, written.made):
        if value_at(meant, each) != {}:
            return text
        if value_at(form.meaning(text), each) is not ABSENT:  # dotted keys go with the last one
            text = form.take(text, each)
        meant = meaning.without(meant, each)
        _prove(form, text, meant, each)
    outer = path[: len(path) - 1 - written.made]
    if written.hollow is not None and value_at(meant, outer) == {}:
        text = form.put_raw(text, outer, written.hollow)
    return text


def _made(path: tuple[str, ...], count: int) -> Iterator[tuple[str, ...]]:
    """The tables above a path that were made with it, the innermost first."""
    for length in range(len(path) - 1, len(path) - 1 - count, -1):
        yield path[:length]


def _prove(form: Form, text: str, meant: dict[str, Any], path: tuple[str, ...]) -> None:
    if not meaning.same_meaning(form.meaning(text), meant):
        raise UserError(
            f"{'.'.join(path)} cannot be changed by a command here; nothing was changed",
            hint="use aimux run, which changes no settings",
        )
