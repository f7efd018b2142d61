"""What each vendor takes of JSON Schema, as data with its sources.

Where sources differ, the narrower one counts: a word too few costs a model a hint, a word too many
costs the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class Dialect(StrEnum):
    """Who reads a schema, and how strictly."""

    ANTHROPIC = "anthropic"
    """Tools."""
    ANTHROPIC_STRICT = "anthropic-strict"
    """``strict`` tools and ``output_config.format``."""
    OPENAI = "openai"
    """Functions without ``strict``, and most vendors that speak Chat Completions."""
    OPENAI_STRICT = "openai-strict"
    GEMINI = "gemini"
    """``parametersJsonSchema`` and ``responseJsonSchema``."""
    GEMINI_OPENAPI = "gemini-openapi"
    """``parameters`` and ``responseSchema``."""
    CEREBRAS_STRICT = "cerebras-strict"
    MOONSHOT = "moonshot"
    LMSTUDIO = "lmstudio"
    XAI = "xai"


class Types(Enum):
    """How a node may have several types."""

    LIST = auto()
    BARE = auto()
    """As a list, but then nothing that constrains may stand beside it."""
    SINGLE = auto()
    """Not at all: they become branches of ``anyOf``."""


class Refs(Enum):
    """What becomes of references where only some words are taken; else they stay as they are."""

    DEFS = auto()
    """To ``$defs`` of the root only, with nothing beside them."""
    ACYCLIC = auto()
    """The same, and a definition must not lead back to itself."""
    INLINED = auto()
    """There are none."""


class Open(Enum):
    """How ``additionalProperties`` is said."""

    ANY = auto()
    CLOSED = auto()
    """It must be false in every object."""
    NEVER = auto()
    """There is no such word, and every object is open."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One dialect."""

    words: frozenset[str] | None = None
    """Those that it takes; None is all of draft 2020-12, and all that follows but the root's rules,
    ``stripped`` and the ``needs_`` ones is then of no account."""
    stripped: frozenset[str] = frozenset()
    """Words that constrain nothing and that some vendors refuse."""
    not_at_root: frozenset[str] = frozenset({"anyOf", "oneOf", "allOf"})
    any_root: bool = False
    """The root may be something else than an object."""
    types: Types = Types.LIST
    refs: Refs = Refs.DEFS
    open: Open = Open.ANY
    all_required: bool = False
    """Every property must be required; what is optional can be null instead."""
    typed: bool = False
    """Every node must have a type, a union or a reference."""
    lone_unions: bool = False
    """Beside ``anyOf`` stand only words that constrain nothing."""
    max_branches: int = 0
    """Of one ``anyOf``; 0 is any number."""
    enums: frozenset[str] | None = None
    """The types of values that an enum may hold; None is all."""
    mixed_enums: bool = True
    formats: frozenset[str] | None = None
    """The formats it takes; None is all."""
    max_min_items: int | None = None
    """The largest ``minItems``."""
    plain_defaults: bool = False
    """A default must be a single value of the node's type."""
    needs_properties: bool = False
    needs_items: bool = False
    openapi: bool = False
    """Types in capitals, and ``nullable`` in place of the type null."""
    limited: bool = False
    """OpenAI's limits of size hold."""

    @property
    def guesses(self) -> bool:
        """Whether a node without a type gets the one that its words speak of."""
        return self.typed or self.types is Types.SINGLE

    @property
    def strict(self) -> bool:
        """Whether the vendor holds its model to the schema, so that it must mean the same."""
        return self.open is Open.CLOSED


_NODE: Final = frozenset(
    {"type", "description", "enum", "anyOf", "properties", "required", "items"}
)
_STRICT: Final = _NODE | {"additionalProperties", "$ref", "$defs"}
_BOUNDS: Final = frozenset({"minimum", "maximum", "minItems", "maxItems"})

_ANTHROPIC_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_PRIMITIVES: Final = frozenset({"string", "number", "boolean", "null"})

GRAMMARS: Final[Mapping[Dialect, Grammar]] = {
    # platform.claude.com, tool use: draft 2020-12, an object at the root and no union there (2026-11).
    Dialect.ANTHROPIC: Grammar(),
    # platform.claude.com, structured outputs; anthropic 2.12.0, lib/_parse/_transform.py (2026-11).
    Dialect.ANTHROPIC_STRICT: Grammar(
        words=_STRICT | {"const", "format", "minItems"},
        refs=Refs.ACYCLIC,
        open=Open.CLOSED,
        typed=True,
        enums=_PRIMITIVES,
        formats=_ANTHROPIC_FORMATS,
        max_min_items=1,
    ),
    # What api.openai.com answers: a root with one of these, an array without items, an object without
    # properties are refused.  Groq refuses $schema.
    Dialect.OPENAI: Grammar(
        stripped=frozenset({"$schema", "$comment"}),
        not_at_root=frozenset({"anyOf", "oneOf", "allOf", "enum", "const", "not"}),
        needs_properties=True,
        needs_items=True,
    ),
    # platform.openai.com, structured outputs, supported schemas (2026-11).
    Dialect.OPENAI_STRICT: Grammar(
        words=_STRICT | _BOUNDS | {
            "const", "title", "pattern", "format", "multipleOf", "exclusiveMinimum", "exclusiveMaximum",
        },
        refs=Refs.DEFS,
        open=Open.CLOSED,
        all_required=True,
        typed=True,
        formats=frozenset(
            {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
        ),
        needs_properties=True,
        needs_items=True,
        limited=True,
    ),
    # google-genai 3.4.0, GenerateContentConfig.response_json_schema: the list of words, references
    # alone in their node and circles only where nothing is required.  What is required and is not
    # among the properties is refused (Kilo-Org/kilocode 11955, 2026-07).
    Dialect.GEMINI: Grammar(
        words=_NODE | _BOUNDS | {
            "$ref", "$defs", "title", "format", "oneOf", "prefixItems", "additionalProperties",
            "propertyOrdering",
        },
        any_root=True,
        refs=Refs.ACYCLIC,
        enums=frozenset({"string", "number"}),
        needs_items=True,
    ),
    # google-genai 3.4.0, types.Schema.  Words of another type than the node's, enums of anything but
    # strings and formats of strings other than these are refused (anomalyco/opencode 49392, 2026-09).
    Dialect.GEMINI_OPENAPI: Grammar(
        words=_NODE | _BOUNDS | {
            "title", "format", "nullable", "default", "example", "minLength", "maxLength", "pattern",
            "minProperties", "maxProperties", "propertyOrdering",
        },
        any_root=True,
        types=Types.SINGLE,
        refs=Refs.INLINED,
        open=Open.NEVER,
        typed=True,
        lone_unions=True,
        enums=frozenset({"string"}),
        mixed_enums=False,
        formats=frozenset({"enum", "date-time", "float", "double", "int32", "int64"}),
        needs_items=True,
        openapi=True,
    ),
    # inference-docs.cerebras.ai, structured outputs, schema limitations; refused words: the quirk
    # strict-schema-words of the catalogue (2026-11).
    Dialect.CEREBRAS_STRICT: Grammar(
        words=_STRICT | {"title"},
        types=Types.SINGLE,
        refs=Refs.ACYCLIC,
        open=Open.CLOSED,
        all_required=True,
        typed=True,
        lone_unions=True,
        max_branches=5,
        enums=_PRIMITIVES,
        needs_properties=True,
        needs_items=True,
    ),
    # Moonshot Flavored JSON Schema: github.com/MoonshotAI/walle, docs/walle.md (2026-07).
    Dialect.MOONSHOT: Grammar(
        words=_NODE | _BOUNDS | {
            "$ref", "$defs", "title", "default", "additionalProperties", "minLength", "maxLength",
        },
        types=Types.BARE,
        refs=Refs.DEFS,
        typed=True,
        lone_unions=True,
        enums=frozenset({"string", "number"}),
        mixed_enums=False,
        plain_defaults=True,
    ),
    # An object at the root with its properties and arrays with their items are asked for
    # (lmstudio-bug-tracker 2254, 2026-08; codexu/note-gen 1227, 2026-08); its engines fail on lists of
    # types (lmstudio-bug-tracker 909), on references (203; ggml-org/llama.cpp 16790), on patterns and
    # lengths below the top (ggml-org/llama.cpp 25746, 25895, 2026-07), and overlook what stands beside
    # a union.
    Dialect.LMSTUDIO: Grammar(
        words=_NODE | _BOUNDS | {"title", "default", "additionalProperties"},
        types=Types.SINGLE,
        refs=Refs.INLINED,
        lone_unions=True,
        enums=_PRIMITIVES,
        mixed_enums=False,
        needs_properties=True,
        needs_items=True,
    ),
    # docs.x.ai, structured outputs (2026-10): references that lead in no circle, a few formats (of
    # the list, as far as it could be read).  Every
    # schema becomes a grammar, of tools too, and one that is large is refused (anomalyco/opencode
    # 17405, 2026-03) or keeps the request hanging (reference 3.8, 323): so what makes a grammar large
    # is only told, which is every bound and pattern and every count over one.
    Dialect.XAI: Grammar(
        words=_NODE | {"$ref", "$defs", "additionalProperties", "const", "format", "title", "minItems"},
        refs=Refs.ACYCLIC,
        max_min_items=1,
        formats=frozenset({"date", "time", "date-time", "email", "uuid", "ipv4"}),
        needs_properties=True,
        needs_items=True,
    ),
}  # fmt: skip
