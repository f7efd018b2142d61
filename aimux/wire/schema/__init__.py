"""JSON Schema as each vendor takes it, for the arguments of tools and for structured output.

A schema comes as draft 2020-12, or as an older draft, OpenAPI or a slip of them, and goes out in a
:class:`Dialect`.  What a dialect cannot say is left out and told in the nearest description; by that the
schema becomes wider and never narrower, so that what was valid stays valid.

    grammar    the dialects, as data
    words      the words of JSON Schema: where schemas stand, what values are well formed
    walk       the way through a schema; fit, whether a node is in the dialect already
    clean      old drafts and mistakes as draft 2020-12
    refs       where references lead; join and meet, schemas that hold at once as one
    unions     anyOf and oneOf; values, what single values may be; shapes, objects and arrays
    known      schemas that come again
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aimux.wire.jsontext import same_text
from aimux.wire.schema import limits
from aimux.wire.schema.grammar import Dialect
from aimux.wire.schema.known import Known
from aimux.wire.schema.walk import Walk

__all__ = ["Dialect", "Shaped", "shaped", "worked_out"]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A schema in a dialect.

    ``lost`` names each constraint that only the descriptions still tell, as ``path: keyword``; at the
    root it is the keyword alone.  ``fits`` is False where the dialect cannot say the schema without
    changing what it means: a strict dialect must then not be used; of GEMINI_OPENAPI, GEMINI can say
    what it cannot; and no other dialect can have a root that is no object.
    """

    schema: dict[str, Any]
    lost: tuple[str, ...] = ()
    fits: bool = True


def shaped(schema: Mapping[str, Any] | None, dialect: Dialect) -> Shaped:
    """A schema as a dialect takes it; None is that of a tool without arguments.

    Never narrower than the original: what was valid stays valid, as long as it is an object.  A node
    without a type whose words all speak of one is meant to be of it, where a dialect wants types.  The
    strict dialects are the exception: their objects are closed, and in OPENAI_STRICT and
    CEREBRAS_STRICT everything is required and what was optional may be null instead, so that a model
    may answer null where it would have answered nothing.

    The input is not changed, and parts of it that need no change are parts of the result: neither may
    be changed afterwards.  The same input gives the same result, and mostly the very same: what is made of
    a schema is remembered.  Nothing is raised, whatever is in it.
    """
    text = same_text(schema) if type(schema) is dict else None
    if text is None:
        return worked_out(schema, dialect)
    key = dialect, text
    made = _KNOWN.get(key)
    if made is None:
        made = worked_out(schema, dialect)
        _KNOWN.keep(key, made)
    return made


_KNOWN: Final[Known[Shaped]] = Known()


def worked_out(schema: Mapping[str, Any] | None, dialect: Dialect) -> Shaped:
    """The same without looking whether it is known."""
    given = schema if isinstance(schema, Mapping) else {}
    walk = Walk(given if isinstance(given, dict) else dict(given), dialect)
    made, work = walk.run(), walk.work
    if schema is not None and given is not schema:
        work.note("", "not a schema")
    if work.grammar.limited and not limits.within(made):
        work.fits = False
    return Shaped(made, tuple(dict.fromkeys(work.lost)), work.fits)
