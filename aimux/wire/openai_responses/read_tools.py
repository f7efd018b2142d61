"""The tools of a client's request, from all the places where Responses declares some.

They stand in ``tools``, in ``additional_tools`` items and, once a search has found them, in
``tool_search_output`` items.  A name means one tool: the first definition holds, the same one again is
silence, another is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import CallKind
from aimux.model.request import FunctionTool, Tool, WebSearchTool
from aimux.wire import openai_fields as fields
from aimux.wire.openai_responses.items import OWN_NAMES
from aimux.wire.openai_responses.own_tools import OWN_TOOLS

_SETTLED: Final = {
    CallKind.FUNCTION: {"type", "name", "description", "parameters", "strict", "defer_loading"},
    CallKind.CUSTOM: {"type", "name", "description", "format", "defer_loading"},
    CallKind.TOOL_SEARCH: {"type", "execution", "description", "parameters"},
    CallKind.LOCAL_SHELL: {"type"},
    CallKind.SHELL: {"type", "environment"},
    CallKind.APPLY_PATCH: {"type"},
}
"""What of a tool the neutral model has a word for."""
_LOCATION: Final = ("city", "region", "country", "timezone")


class Toolbox:
    """Collects tools.  ``tools`` are those found so far, in order."""

    def __init__(self, losses: list[Loss]) -> None:
        self._losses = losses
        self._functions: dict[tuple[str, str], FunctionTool] = {}
        self._searches: list[WebSearchTool] = []
        self._server_search = False

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All of them.

        Deferred tools that only the vendor's own search could have found are declared openly: nobody
        searches for them anywhere else.
        """
        functions = self._functions.values()
        if self._server_search and ("", "tool_search") not in self._functions:
            return (*(self._opened(tool) for tool in functions), *self._searches)
        return (*functions, *self._searches)

    def _opened(self, tool: FunctionTool) -> FunctionTool:
        if not tool.deferred:
            return tool
        self._losses.append(Loss("tool.deferred_inlined", detail=tool.name))
        return replace(tool, deferred=False)

    def limit_searches(self, most: int | None) -> None:
        """``max_tool_calls``, which counts only what the provider runs by itself."""
        if most is not None and not self._searches:
            self._losses.append(Loss("unknown_field.dropped", "max_tool_calls"))
        elif most is not None:
            self._searches = [replace(search, max_uses=most) for search in self._searches]

    def add(
        self, tools: object, path: str, *, found: bool = False, namespace: str = ""
    ) -> list[str]:
        """Takes tools in; ``found`` tells that a search has.  Gives the names that a model knows the
        functions by.

        Raises:
            InvalidRequest: one is malformed.
        """
        names: list[str] = []
        for at, each in enumerate(fields.array(tools, path)):
            where = f"{path}[{at}]"
            tool = fields.mapping(each, where)
            match fields.needed_text(tool.get("type"), f"{where}.type"):
                case "namespace":
                    names += self._namespace(tool, where, found=found)
                case type_ if type_.startswith("web_search"):
                    self._searches.append(self._search(tool, where))
                case type_:
                    function = _READERS.get(type_, _nothing)(tool, where)
                    if function is None:
                        self._refuse(type_, where)
                        continue
                    self._note_unknown(tool, where, function.kind)
                    self._keep(replace(function, namespace=namespace), where, found=found)
                    names.append(f"{namespace}__{function.name}" if namespace else function.name)
        return names

    def _namespace(self, space: dict[str, Any], path: str, *, found: bool) -> list[str]:
        """The tools of a namespace.  Its description has no place in the neutral model."""
        name = fields.needed_text(space.get("name"), f"{path}.name")
        if space.get("description"):
            self._losses.append(Loss("unknown_field.dropped", f"{path}.description"))
        return self.add(space.get("tools"), f"{path}.tools", found=found, namespace=name)

    def _refuse(self, type_: str, path: str) -> None:
        """A tool that the vendor would have run."""
        self._server_search |= type_ == "tool_search"
        self._losses.append(Loss("tool.server_unsupported", path, type_))

    def _keep(self, tool: FunctionTool, path: str, *, found: bool) -> None:
        place = (tool.namespace, tool.name)
        known = self._functions.get(place)
        if known is None:
            self._functions[place] = replace(tool, found=True) if found else tool
            return
        if not _is_same(known, tool):
            self._losses.append(Loss("tool.duplicate", path, tool.name))
        if found and not known.found:
            self._functions[place] = replace(known, found=True)

    def _note_unknown(self, tool: dict[str, Any], path: str, kind: CallKind) -> None:
        self._losses += [
            Loss("unknown_field.dropped", f"{path}.{key}")
            for key in tool
            if key not in _SETTLED[kind] and tool[key] is not None
        ]

    def _search(self, tool: dict[str, Any], path: str) -> WebSearchTool:
        filters = fields.mapping(tool.get("filters"), f"{path}.filters")
        where = f"{path}.user_location"
        place = fields.mapping(tool.get("user_location"), where)
        said = {key: fields.text(place.get(key), f"{where}.{key}") for key in _LOCATION}
        self._losses += [
            Loss("unknown_field.dropped", f"{path}.{key}")
            for key in tool
            if key not in {"type", "filters", "user_location"}
        ]
        return WebSearchTool(
            allowed_domains=_domains(filters, "allowed_domains", path),
            blocked_domains=_domains(filters, "blocked_domains", path),
            location={key: value for key, value in said.items() if value},
        )


def _domains(filters: dict[str, Any], key: str, path: str) -> tuple[str, ...]:
    return fields.texts(filters.get(key), f"{path}.filters.{key}")


def _is_same(one: FunctionTool, other: FunctionTool) -> bool:
    """Whether two definitions are one; that a tool is deferred is said only where it is declared."""
    return replace(one, deferred=False, found=False) == replace(other, deferred=False, found=False)


def _function(tool: dict[str, Any], path: str) -> FunctionTool:
    where = f"{path}.parameters"
    schema = tool.get("parameters")
    return FunctionTool(
        name=fields.needed_text(tool.get("name"), f"{path}.name"),
        description=fields.text(tool.get("description"), f"{path}.description"),
        schema=None if schema is None else fields.mapping(schema, where),
        strict=fields.flag(tool.get("strict"), f"{path}.strict"),
        deferred=bool(fields.flag(tool.get("defer_loading"), f"{path}.defer_loading")),
    )


def _custom(tool: dict[str, Any], path: str) -> FunctionTool:
    form = fields.mapping(tool.get("format"), f"{path}.format")
    return FunctionTool(
        name=fields.needed_text(tool.get("name"), f"{path}.name"),
        description=fields.text(tool.get("description"), f"{path}.description"),
        deferred=bool(fields.flag(tool.get("defer_loading"), f"{path}.defer_loading")),
        kind=CallKind.CUSTOM,
        grammar=form if form.get("type", "text") != "text" else None,
    )


def _tool_search(tool: dict[str, Any], path: str) -> FunctionTool | None:
    """The search for deferred tools, where the client runs it."""
    if tool.get("execution") != "client":
        return None
    schema = tool.get("parameters")
    return FunctionTool(
        name=OWN_NAMES[CallKind.TOOL_SEARCH],
        description=fields.text(tool.get("description"), f"{path}.description"),
        schema=None if schema is None else fields.mapping(schema, f"{path}.parameters"),
        kind=CallKind.TOOL_SEARCH,
    )


def _nothing(tool: dict[str, Any], path: str) -> None:
    """A tool that only its vendor can run, or of a type that nobody knows."""
    del tool, path


def _local_shell(tool: dict[str, Any], path: str) -> FunctionTool:
    del tool, path
    return OWN_TOOLS[CallKind.LOCAL_SHELL]


def _apply_patch(tool: dict[str, Any], path: str) -> FunctionTool:
    del tool, path
    return OWN_TOOLS[CallKind.APPLY_PATCH]


def _shell(tool: dict[str, Any], path: str) -> FunctionTool | None:
    """The shell on the client's machine; one in a container is the vendor's."""
    environment = fields.mapping(tool.get("environment"), f"{path}.environment")
    return OWN_TOOLS[CallKind.SHELL] if environment.get("type", "local") == "local" else None


_READERS: Final[dict[str, Callable[[dict[str, Any], str], FunctionTool | None]]] = {
    "function": _function,
    "custom": _custom,
    "tool_search": _tool_search,
    "local_shell": _local_shell,
    "shell": _shell,
    "apply_patch": _apply_patch,
}
