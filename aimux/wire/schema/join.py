"""References and ``allOf``: what stands elsewhere, or in parts, put together in its node."""

from __future__ import annotations

from typing import Any

from aimux.wire.schema.clean import clean
from aimux.wire.schema.grammar import Grammar, Refs
from aimux.wire.schema.meet import meet
from aimux.wire.schema.node import MAX_NODES, Node, Work
from aimux.wire.schema.refs import References
from aimux.wire.schema.words import constraints


def conjoin(node: Node) -> None:
    """Makes one schema of a node, of what it refers to and of what must hold with it.

    A reference stays one where the dialect has them and nothing is beside it that constrains.
    """
    words = node.words
    branches = words.pop("allOf", [])
    if len(branches) == 1 and _only_refers(branches[0]) and not constraints(words):
        words["$ref"] = branches[0]["$ref"]
        branches = []
    if "$ref" in words:
        is_bare = not branches and len(constraints(words)) == 1 and not node.is_root
        if is_bare and (kept := reference(node.work, words["$ref"])):
            words["$ref"] = kept
        else:
            branches = [{"$ref": words.pop("$ref")}, *branches]
    if not join(node, branches):
        node.work.lose(node.path, "allOf")


def _only_refers(schema: Any) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("$ref"), str) and len(schema) == 1


def reference(work: Work, ref: str) -> str:
    """A reference below the root as the dialect takes it; empty where its target must stand there."""
    refs, kind = work.refs, work.grammar.refs
    if kind is Refs.INLINED:
        return ""
    if refs.local(ref) == "#":
        return "#" if kind is Refs.DEFS else ""
    name = refs.defined(ref)
    if not name or (kind is Refs.ACYCLIC and name in refs.circular):
        return ""
    return refs.renamed(ref)


def join(node: Node, branches: list[Any]) -> bool:
    """Makes a node hold all of these schemas and what they refer to; False where nothing can be of
    the types of all.
    """
    possible = True
    waiting = list(reversed(branches))
    while waiting:
        branch = waiting.pop()
        if branch is True:
            continue
        if not isinstance(branch, dict) or not node.work.count():
            node.work.lose(node.path, "allOf")
            continue
        part = Node(node.work, dict(branch), node.path, node.depth)
        clean(part)
        for word in ("$defs", "definitions"):
            part.words.pop(word, None)
        waiting.extend(reversed(part.words.pop("allOf", [])))
        if "$ref" in part.words:
            waiting.append(_target(node, part.words.pop("$ref")))
        possible = meet(node, part.words) and possible
    return possible


def _target(node: Node, ref: str) -> Any:
    """What stands in the place of a reference: its target, or an outline of one that we are in."""
    work = node.work
    target = work.refs.target(ref)
    if target is None:
        node.tell("$ref", ref)
        return True
    if isinstance(target, bool):
        return target
    pointer = work.refs.local(ref)
    if pointer in node.entered:
        return True  # it holds already
    if pointer in work.entered or work.nodes > MAX_NODES:
        node.tell("$ref", ref)
        return _outline(target)
    node.entered.append(pointer)
    return target


def _outline(target: dict[str, Any]) -> dict[str, Any]:
    """A schema as an open one of the same type."""
    shown = Node(Work(Grammar(), References({})), dict(target))
    clean(shown)
    if "properties" in shown.words:
        shown.words.setdefault("type", "object")
    return {word: shown.words[word] for word in ("type", "description") if word in shown.words}
