"""Which of the rarer exit codes a command may end with: found by reading the code.

Beginning with the command's function, every function and class of aimux that is named in one is read
as well; of a class, all methods.  What is raised there leaves unless a ``try`` around it catches it.

    raise NotRunning(...)                the error's exit code
    raise typer.Exit(PROVIDER_FAILED)    the number, or the exit code of the error that is named

That is coarser than what can happen: a branch that this command never takes counts as well.  So only 3,
4 and 5 are asked for; 0, 1 and 2 may come from anywhere.  The rooms of :data:`_ELSEWHERE` run in the
daemon, and what they raise is answered to clients.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, Final

from aimux import errors
from aimux.errors import AimuxError

RARE: Final = (3, 4, 5)

_ELSEWHERE: Final = ("aimux.gateway", "aimux.daemon.run", "aimux.daemon.control", "aimux.admin.api")

Thing = Any
"""What a function does: it raises a type of error, ends with a number, or calls a function."""

Step = tuple[Thing, tuple[type[BaseException], ...]]
"""A thing, and what is caught of it where it is done."""


def exit_codes(command: Callable[..., Any]) -> list[int]:
    """Those of 3, 4 and 5 with which a command may end."""
    left = _leaving(inspect.unwrap(command))
    codes = {each if isinstance(each, int) else each.exit_code for each in left}
    return sorted(codes & set(RARE))


def _leaving(begin: Any) -> frozenset[Thing]:
    """The errors and numbers that may leave a function, by whatever it calls."""
    reached = [begin]
    for function in reached:
        known = set(reached)
        reached += dict.fromkeys(
            each for each, _ in _steps(function) if inspect.isfunction(each) and each not in known
        )
    leaving: dict[Any, frozenset[Thing]] = dict.fromkeys(reached, frozenset())
    while True:
        before = dict(leaving)
        for function in reached:
            leaving[function] = frozenset(
                thing
                for each, caught in _steps(function)
                for thing in (leaving[each] if inspect.isfunction(each) else (each,))
                if isinstance(thing, int) or not issubclass(thing, caught)
            )
        if leaving == before:
            return leaving[begin]


@functools.cache
def _steps(function: Any) -> tuple[Step, ...]:
    return tuple(dict.fromkeys(_Reader(function).steps()))


class _Reader:
    """Reads one function."""

    def __init__(self, function: Any) -> None:
        self._tree = _tree_of(function)
        self._names = {**_module_of(function).__dict__, **_imported(self._tree)}
        self._owner = _owner(function)

    def steps(self) -> Iterator[Step]:
        """All that it does, in no order that means anything."""
        return self._of(self._tree.body)

    def _of(self, nodes: Iterable[ast.AST]) -> Iterator[Step]:
        for node in nodes:
            match node:
                case ast.Try():
                    yield from self._of_try(node)
                case ast.Raise(exc=ast.expr() as raised):
                    yield from ((each, ()) for each in self._raised(raised))
                    yield from self._of(ast.iter_child_nodes(raised))
                case ast.Name() | ast.Attribute():
                    yield from self._of_name(node)
                case _:
                    yield from self._of(ast.iter_child_nodes(node))

    def _of_try(self, node: ast.Try) -> Iterator[Step]:
        caught: list[type[BaseException]] = []
        for handler in node.handlers:
            again = any(isinstance(each, ast.Raise) and not each.exc for each in ast.walk(handler))
            caught += () if again else self._kinds(handler.type)
            yield from self._of(handler.body)
        for thing, already in self._of(node.body):
            yield thing, (*already, *caught)
        yield from self._of((*node.orelse, *node.finalbody))

    def _kinds(self, caught: ast.expr | None) -> list[type[BaseException]]:
        if caught is None:
            return [BaseException]
        listed = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        found = [self._value(each) for each in listed]
        return [
            each for each in found if isinstance(each, type) and issubclass(each, BaseException)
        ]

    def _raised(self, raised: ast.expr) -> Iterator[Thing]:
        made = self._value(raised.func if isinstance(raised, ast.Call) else raised)
        if inspect.isfunction(made):  # one that makes the error
            made = getattr(errors, str(inspect.get_annotations(made).get("return")), None)
        if isinstance(made, type) and issubclass(made, AimuxError):
            yield made
        elif getattr(made, "__name__", "") == "Exit" and isinstance(raised, ast.Call):
            codes = (self._value(each) for each in raised.args)
            yield from (each for each in codes if isinstance(each, int))

    def _of_name(self, node: ast.Name | ast.Attribute) -> Iterator[Step]:
        found = self._value(node)
        if found is None:
            yield from self._of(ast.iter_child_nodes(node))
        yield from ((each, ()) for each in _functions(found))

    def _value(self, node: ast.expr) -> Any:
        """What a name or a chain of names stands for; None where that is not known."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name(id="self" | "cls"):
                return self._owner
            case ast.Name():
                return self._names.get(node.id)
            case ast.Attribute():
                return getattr(self._value(node.value), node.attr, None)
            case _:
                return None


def _functions(found: Any) -> Iterator[Any]:
    """The functions of ours that something is; of a class, its methods."""
    if not str(getattr(found, "__module__", "")).startswith("aimux."):
        return
    if found.__module__.startswith(_ELSEWHERE):
        return
    if inspect.isclass(found) and not issubclass(found, BaseException):
        methods = (
            getattr(each, "fget", getattr(each, "__func__", each)) for each in vars(found).values()
        )
        yield from (each for each in methods if inspect.isfunction(each) and _readable(each))
    elif inspect.isfunction(found := inspect.unwrap(getattr(found, "__func__", found))):
        yield found


def _readable(function: Any) -> bool:
    return bool(function.__code__.co_filename.endswith(".py"))


_NOTHING: Final = ast.FunctionDef("nothing", ast.arguments([], [], None, [], [], None, []), [], [])


def _tree_of(function: Any) -> Any:
    """The function's own syntax tree; an empty one for what a dataclass writes itself."""
    return _functions_of(_module_of(function)).get(function.__code__.co_firstlineno, _NOTHING)


@functools.cache
def _functions_of(module: ModuleType) -> dict[int, Any]:
    """A module's functions by the line on which they begin, decorators included."""
    return {
        min([node.lineno, *(each.lineno for each in node.decorator_list)]): node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _module_of(function: Any) -> ModuleType:
    return importlib.import_module(function.__module__)


def _owner(function: Any) -> Any:
    """The class that a method belongs to."""
    first, dot, _ = function.__qualname__.partition(".")
    return getattr(_module_of(function), first, None) if dot else None


def _imported(tree: ast.AST) -> dict[str, Any]:
    """What a function imports for itself."""
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("aimux"):
            for each in node.names:
                module = importlib.import_module(node.module)
                value = getattr(module, each.name, None)
                if value is None:
                    value = importlib.import_module(f"{node.module}.{each.name}")
                found[each.asname or each.name] = value
    return found
