r"""Texts, names, ids and JSON as they come in the wild, at their worst.

Most of what breaks a translator is known by name, so the strategies draw from named horrors and put a
few of them together; that finds more in sixty examples than letters drawn at random.
"""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

HORRORS = (
    "", " ", "\n", "\t \r\n", "a", "Hello, world.", "w\u00f6rld \u2603", "\u4f60\u597d", "\U0001f600",
    "e\u0301", "\u05e9\u05dc\u05d5\u05dd", "\u2028", "\u2029", "\u0085", "\x00", "\x1b[0m", "\ufeff",
    "\ufffd", "\U0010ffff", "<think>", "</think>", "<think>hm</think>", "data: [DONE]\n\n", "[DONE]",
    "event: error\n", "\r\n\r\n", "<system-reminder>x</system-reminder>", '"', "\\", "\\u0041", "{}",
    '{"a":1}', '{"error":{"message":"x"}}', "null", "aimux1.", "aimux1.text.AAAA.00000000",
    "[tool error] x", "(no output)", "```json\n", "x" * 3000, "\u00e9" * 700,
)  # fmt: skip
HALVES = ("\ud83d", "\ude00", "a\ud800", "\udfffb", "\ud83d\ude00")
"""Halves of characters, which JSON can say and UTF-8 cannot."""


def texts(*, halves: bool = False, most: int = 3) -> st.SearchStrategy[str]:
    """Any text; with ``halves`` also what no UTF-8 can hold."""
    pieces = st.sampled_from((*HORRORS, *HALVES) if halves else HORRORS)
    return st.lists(pieces, max_size=most).map("".join) | pieces


TEXTS = texts()
WORDS = texts().filter(bool)
"""Texts that say something, be it a space."""
SAID = texts().filter(str.strip)
"""Texts that say more than white space."""

PIECES = st.lists(WORDS, min_size=1, max_size=4).map(tuple)
"""A text as it is streamed."""

PLAIN_NAMES = st.sampled_from(["f", "g", "Bash", "read_file", "mcp__server__tool", "_x", "a-b"])
"""What every vendor takes."""
NAMES = PLAIN_NAMES | st.sampled_from([
    "mcp__plugin__" + "n" * 64 + "_one", "mcp__plugin__" + "n" * 64 + "_two", "a.b", "a:b", "a/b", "1st",
    "-x", "na\u00efve", "with space", "x" * 128, "x" * 200, "web_search", "input", "\u4f60\u597d",
])  # fmt: skip
"""What clients of other vendors name their tools."""

PLAIN_IDS = st.sampled_from(["call_a1b2c3d4", "toolu_0123456789", "call_zzzzzzzz", "fc_87654321"])
IDS = PLAIN_IDS | st.sampled_from([
    "call_0", "0", "call_1", "functions.Bash:0", "call:weird/id.1", "x" * 70, "x" * 41, "\u00e9" * 4,
    "has space",
])  # fmt: skip
"""What vendors call their calls; none is empty."""

_NUMBERS = st.sampled_from(
    [
        "0",
        "-1",
        "1.0",
        "1e3",
        "1E+2",
        "0.10",
        "9007199254740993",
        "123456789012345678901234567890",
    ]
)
_STRINGS = st.sampled_from([
    '""', '"a"', r'"\u00e9"', r'"\ud83d\ude00"', r'"line\nline"', r'"\""', r'"\/"', '"\u2028"',
    '"\U0001f600"', '"type"', r'"\\u0041"',
])  # fmt: skip
_KEYS = st.sampled_from(
    ['"x"', '"type"', '"input"', '"format"', '"error"', r'"\u00e9"', '"a b"', '"_raw"']
)
_SCALARS = _NUMBERS | _STRINGS | st.sampled_from(["true", "false", "null"])


def _objects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.dictionaries(_KEYS, inner, max_size=3)
    return members.map(lambda each: "{" + ",".join(f"{k}:{v}" for k, v in each.items()) + "}")


def _arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=3).map(lambda each: "[" + ",".join(each) + "]")


JSON = st.recursive(_SCALARS, lambda inner: _objects(inner) | _arrays(inner), max_leaves=5)
"""JSON values as text, each number in a spelling of its own."""
ARGUMENTS = st.sampled_from(["{}", '{"x":1}', '{"x":1.0,"y":[1e3,{}]}']) | _objects(JSON)
"""JSON objects as text, compact."""
LOOSE_ARGUMENTS = ARGUMENTS | st.sampled_from([
    "", " ", "null", '{"x":', '{"x":1}}', "[]", "3", '"text"', '"{\\"x\\":1}"', "{}{\"x\":1}", "x",
    ' { "x" : 1 } ', '{"x":1,}', '{"a":1,"a":2}',
])  # fmt: skip
"""What models and limits make of arguments, and clients keep."""


@st.composite
def split(draw: st.DrawFn, text: str) -> tuple[str, ...]:
    """A text in pieces, none of them empty; nothing for nothing."""
    if not text:
        return ()
    cuts = draw(st.lists(st.integers(1, max(1, len(text) - 1)), max_size=3, unique=True))
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    return tuple(piece for piece in pieces if piece)
