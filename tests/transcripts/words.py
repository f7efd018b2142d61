"""What differs from run to run and from machine to machine, and the word that stands for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aimux import __version__

_STYLES: Final = {
    "0": "</>", "1": "<bold>", "2": "<dim>",
    "31": "<red>", "32": "<green>", "33": "<yellow>", "36": "<cyan>",
}  # fmt: skip
_ESCAPE: Final = re.compile(r"\x1b\[(\d+)m")

_NUMBERS: Final = (
    "pid", "replaced_pid", "memory_mb", "open_files", "most_files", "tasks", "threads", "connections",
    "cores", "latency_ms",
)  # fmt: skip
"""Keys of JSON whose numbers are the machine's."""

_TIMES: Final = (
    "uptime_s", "loop_lag_ms", "duration_ms", "first_event_ms", "first_event_p50_ms",
    "first_event_p95_ms", "first_token_ms", "began_ms", "requests_per_min", "start_s",
    "seconds", "for_s", "cooling_s",
)  # fmt: skip
"""Keys of JSON whose numbers are how long something took."""

_TEXTS: Final = ("instance", "system", "architecture", "python")
"""Keys of JSON whose texts nobody knows."""

_DAY: Final = r"20\d\d-\d\d-\d\d"

PATTERNS: Final[Sequence[tuple[str, str]]] = (
    (rf'("(?:{"|".join(_NUMBERS)})": ?)-?\d[\d.e+-]*', r"\1<number>"),
    (r'("value": )\d[\d.]*', r"\1<number>"),
    (rf'("(?:{"|".join(_TEXTS)})": )"[^"]*"', r'\1"<text>"'),
    (r"\bax_(?!0{8})[0-9a-f]{20}\b", "<id>"),
    (r"\baimux-[a-z]+-[\w-]{43}(?![\w-])", "<token>"),
    (r"#login=[\w-]+", "#login=<code>"),
    (r"(\b127\.0\.|…\.)0\.1:[3-6]\d{4}\b", r"\g<1>0.1:<port>"),
    (r"\bserver\.port [3-6]\d{4}\b", "server.port <port>"),
    (r"\bssh -L \d+", "ssh -L <port>"),
    (r"\bpid([ =])\d+", r"pid\1<pid>"),
    (r"\b\d+(?:\.\d+)? MiB", "<mib> MiB"),
    (r"\b\d+ open files, \d+ tasks(?:, \d+ ms late)?", "<n> open files, <n> tasks"),
    (r"(open files\S* +)\d+ of \d+", r"\1<n> of <n>"),
    (r"\bin \d+ files\b", "in <n> files"),
    (r"\b(?:one core|\d+ cores)\b", "<n> cores"),
    (r"\bPython \d[\w.+]*, [A-Z][\w.-]*", "Python <python>, <system>"),
    (r"(models list[ \t]+\S.*?[ \t]+)\d+(?=[ \t]+\d+$|$)", r"\1NN"),
    (r"\bMS +MODELS\b", "MS  MODELS"),
    (r"\b\d+(?:\.\d+)?(?=\s+-\s+memory_mb)", "<mib>"),
    (rf"(?!2026-11-0){_DAY}T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", "<time>"),
    (rf"(?!2026-11-0){_DAY} \d\d:\d\d(?::\d\d(?:\.\d+)?)?", "<time>"),
    (r"^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "<time>"),
    (rf"(?<= on )(?!2026-11-0){_DAY}", "<day>"),
    (rf"(?<![\w.]){re.escape(__version__)}(?![\w.])", "<version>"),
)
"""A pattern and what it becomes.  Days of the first week of November 2026 are the tests' own."""

LIVE: Final[Sequence[tuple[str, str]]] = (
    (rf'("(?:{"|".join(_TIMES)})": )-?\d[\d.e+-]*', r"\1<number>"),
    (r"\b(?:\d+ (?:h|min) )?\d+(?:\.\d+)? (?:ms|s|min)\b", "<span>"),
)
"""The same for how long something took, where it was not written down before."""

_ALWAYS: Final = [(re.compile(pattern), word) for pattern, word in PATTERNS]
_LIVE: Final = [(re.compile(pattern), word) for pattern, word in LIVE]


def coloured(line: str) -> str:
    """A line with its colours as marks; nothing else may drive a terminal."""
    shown = _ESCAPE.sub(lambda match: _STYLES[match[1]], line)
    shown = shown.replace("</><dim>", "")  # pieces of one text
    assert "\x1b" not in shown, f"more than a colour: {line!r}"
    return shown


def steady(line: str, known: Mapping[str, str], *, live: bool) -> str:
    """A line with words for what varies; ``known`` has the texts of this very run, and ``live`` is whether
    something really happens in it.
    """
    for text, word in known.items():
        line = _replaced(re.compile(re.escape(text)), word, line)
    for pattern, word in (*_ALWAYS, *(_LIVE if live else ())):
        line = _replaced(pattern, word, line)
    return line


def _replaced(pattern: re.Pattern[str], word: str, line: str) -> str:
    """What stands in a column of a table takes the same room, as far as there is room."""
    place = 0
    while match := pattern.search(line, place):
        put = match.expand(word) if "\\" in word else word
        before, behind = line[: match.start()], line[match.end() :]
        gap = len(behind) - len(behind.lstrip(" "))
        if gap > 1:
            room = len(match[0]) + gap
            put, behind = put.ljust(max(room, len(put) + 2)), behind[gap:]
        line, place = before + put + behind, len(before + put)
    return line
