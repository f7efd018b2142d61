"""What config.toml was before the dashboard changed it, so that each change can be taken back.

One file beside the state, for its owner alone; the oldest goes first.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from aimux.config.paths import write_private

MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Earlier:
    """The file's content before a change, when that was (ISO 8601 in UTC), and the etag of what came
    after: only while that is still the file, the change is the last one.
    """

    at: str
    text: str
    after: str


def read_earlier(path: Path) -> list[Earlier]:
    """All of them, the oldest first; none where the file is missing or is not ours."""
    try:
        rows = json.loads(path.read_bytes())
        return [Earlier(str(row["at"]), str(row["text"]), str(row["after"])) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def write_earlier(path: Path, entries: list[Earlier]) -> None:
    """Keeps the newest of them."""
    rows = [asdict(each) for each in entries[-MOST:]]
    write_private(path, (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())
