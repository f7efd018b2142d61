"""``docs/configuration.md``: every key of config.toml, read off the classes that validate it."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aimux.catalogue.load import load_catalogue, load_quirks
from aimux.config.conditions import FORM, METRICS
from aimux.config.keypath import KeyPath
from aimux.config.schema import DURATION_FORM, Config, Price, Section, duration_text
from aimux.config.shape import Node, choices, expected, kinds, needs_restart, node_at
from tests.docs.markdown import anchor, code, page, prose, table

_NAMED: Final = {"providers": "NAME", "budgets": "NAME", "models": "MODEL"}
"""What stands in a heading for the names that a person gives."""

_UNITS: Final[Mapping[str, str]] = {
    "_mb": "MiB",
    "_usd": "US dollars",
    "_tokens": "tokens",
    "per_minute": "a minute",
    "context": "tokens",
    "max_output": "tokens",
}

_OPERATORS: Final = "`>`, `>=`, `<`, `<=`, `==`, `!=`"

_TOP: Final = """\
One TOML file; `aimux config path` says where. A file with a mistake starts no daemon and replaces
no running configuration: `aimux config check` tells all of them at once, with line and column. Keys
that are not on this page are mistakes too. `aimux config schema` prints the same as JSON Schema,
for editors.

A value comes from the first of these that has one: an option of the command, the environment, the
file, the provider's preset, the default. `aimux config show --origin` says which it was.

**Environment.** `AIMUX_<SECTION>__<KEY>` sets a single value, such as `AIMUX_SERVER__PORT=24690`; a
name of your own is written in capitals with `_` for every other character:
`AIMUX_PROVIDERS__MY_BOX__BASE_URL` is `base_url` of the provider `my-box`, which the file must
have. `AIMUX_HOME` puts all files of aimux into one folder, `AIMUX_CONFIG` names another
configuration file.

**Applied by.** `aimux reload` (or SIGHUP) applies everything but what says *restart*; requests that
are under way finish with the configuration they began with. *restart* means `aimux restart`; until
then the old value holds, and `aimux reload` says so.

**Durations** are texts with a unit: `"500ms"`, `"30s"`, `"5m"`, `"2h"`, `"7d"`."""


class Table(NamedTuple):
    """One table of the file."""

    path: KeyPath
    model: type[Section]

    @property
    def heading(self) -> str:
        """As its header is written; for what stands on one line, its key."""
        if not self.path:
            return ""
        names = [str(each) for each in self.path if isinstance(each, str)]
        dotted = ".".join(names)
        return f"[[{dotted}]]" if isinstance(self.path[-1], int) else f"[{dotted}]"


def configuration() -> str:
    """The page."""
    blocks = [_TOP]
    # a table that several have stands where the last one has it
    shown = {each.model: each.heading for each in _tables(Config, ())}
    for each in _tables(Config, ()):
        if shown.get(each.model) != each.heading:
            continue
        blocks += [f"## `{each.heading}`" if each.path else "## Above all tables"]
        blocks += [prose(each.model.__doc__) if each.path else "", _keys(each, shown)]
        blocks += _lists(each.model)
    return page("Configuration", *blocks)


def _tables(model: type[Section], path: KeyPath) -> Iterator[Table]:
    """Every table in the order of the file, each followed by those within it."""
    yield Table(path, model)
    for name, field in model.model_fields.items():
        for inner, below in _sections(field.annotation):
            here = (*path, name)
            yield from _tables(inner, (*here, *_below(name, below)))


def _below(name: str, kind: str) -> KeyPath:
    match kind:
        case "dict":
            return (_NAMED[name],)
        case "tuple":
            return (0,)
        case _:
            return ()


def _sections(annotation: Any, kind: str = "") -> Iterator[tuple[type[Section], str]]:
    """The tables that a field may hold, and whether by name or in a list."""
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, kind
    elif origin in {Union, types.UnionType, Annotated}:
        for each in get_args(annotation):
            yield from _sections(each, kind)
    elif origin is dict:
        yield from _sections(get_args(annotation)[1], "dict")
    elif origin is tuple:
        yield from _sections(get_args(annotation)[0], "tuple")


# ---------------------------------------------------------------- one table's keys


def _keys(each: Table, shown: Mapping[type[Section], str]) -> str:
    rows = []
    for name, field in each.model.model_fields.items():
        path = (*each.path, name)
        inner = next(iter(_sections(field.annotation)), None)
        if inner and not each.path and name != "version":
            continue  # a table with a heading of its own
        rows.append(
            (
                code(name),
                _table_link(inner, shown) if inner else _allowed(path, field),
                "" if inner else _default(field),
                _unit(name, each.model),
                "restart" if needs_restart(path) else "reload",
                prose(field.description),
            )
        )
    return table(
        ("Key", "Type and allowed values", "Default", "Unit", "Applied by", "What it is"), rows
    )


def _table_link(inner: tuple[type[Section], str], shown: Mapping[type[Section], str]) -> str:
    model, kind = inner
    heading = shown[model]
    link = f"[`{heading}`](#{anchor(heading)})"
    return {"dict": f"tables by name, {link}", "tuple": f"a list of tables, {link}"}.get(
        kind, f"a table, {link}"
    )


def _allowed(path: KeyPath, field: FieldInfo) -> str:
    """The type, and what of it may stand there."""
    node = node_at(path)
    assert node is not None, path
    named = choices(node) or choices(_items(node))
    if named:
        listed = ", ".join(code(f'"{each}"') for each in named)
        return f"a list of {listed}" if "items" in node else listed
    if node.get("form") == DURATION_FORM:
        return "a duration" + _duration_limits(field)
    if "anyOf" in node:
        return "; or ".join(_words(each) for each in node["anyOf"])
    return _words(node)


def _words(node: Node) -> str:
    if kinds(node) == {"object"}:
        value = node.get("additionalProperties")
        what = expected(value) if isinstance(value, dict) else "a value"
        return f"a table: {what} by name"
    if "const" in node:
        return code(str(node["const"]))
    return str(expected(node))


def _items(node: Node) -> Node | None:
    items = node.get("items")
    return items if isinstance(items, dict) else None


def _duration_limits(field: FieldInfo) -> str:
    limits = {}
    for each in field.metadata:
        limits |= {name: getattr(each, name) for name in ("ge", "gt", "le") if hasattr(each, name)}
    words = []
    if "ge" in limits:
        words.append(f"of `{duration_text(limits['ge'])}` or more")
    if limits.get("gt") == 0:
        words.append("above zero")
    if "le" in limits:
        words.append(f"up to `{duration_text(limits['le'])}`")
    return " " + ", ".join(words) if words else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None:
        return "not set"
    if value in ((), {}):
        return code("[]" if value == () else "{}")
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, float) and _is_duration(field):
        return code(f'"{duration_text(value)}"')
    if isinstance(value, tuple):
        return code("[" + ", ".join(f'"{each}"' for each in value) + "]")
    return code(f'"{value}"') if isinstance(value, str) else code(str(value))


def _is_duration(field: FieldInfo) -> bool:
    return any(getattr(each, "func", None) is not None for each in field.metadata)


def _unit(name: str, model: type[BaseModel]) -> str:
    if model is Price:
        return "US dollars per million tokens"
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


# ---------------------------------------------------------------- names that keys may take


def _lists(model: type[Section]) -> list[str]:
    """What a table's texts may be where that is a list of names."""
    match model.__name__:
        case "ProviderSettings":
            presets = table(
                ("`preset`", "Vendor", "Formats", "Key"),
                (
                    (
                        code(name),
                        each.title,
                        ", ".join(each.endpoints),
                        code(each.key_env or "") or ("a key" if each.needs_key else "none"),
                    )
                    for name, each in load_catalogue().items()
                ),
            )
            quirks = table(
                ("`quirks`", "Meaning"), ((code(n), w) for n, w in load_quirks().items())
            )
            return [presets, quirks]
        case "AlertSettings":
            rows = (
                (code(name), each.words, "yes" if each.by_provider else "no")
                for name, each in METRICS.items()
            )
            metrics = table(("`METRIC`", "Meaning", "Of one provider"), rows)
            return [f"`when` is {code(FORM)}; `OP` is one of {_OPERATORS}.", metrics]
        case _:
            return []
