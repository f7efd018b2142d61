"""Writes what is seen into the transcripts anew.

    python -m tests.transcripts                 all of them
    python -m tests.transcripts status.txt      this one

Read the difference before it is committed: it is what people will see.  What looks otherwise in a pipe is
told, and wants a command of its own with ``| cat`` behind the one on the terminal.
"""

from __future__ import annotations

import sys

from tests.transcripts.play import FILES, FOLDER, play, steps_of, unlike
from tests.transcripts.script import written
from tests.transcripts.stage import WAYS


def main() -> int:
    """Plays the files that are named; says which have changed, and what is not as it is on a terminal."""
    strange = 0
    for name in sys.argv[1:] or FILES:
        path = FOLDER / name
        steps = play(steps_of(name))
        if written(steps) != path.read_text(encoding="utf-8"):
            path.write_text(written(steps), encoding="utf-8")
            print(f"{name} written")
        for way in WAYS[1:]:
            for each in unlike(steps, play(steps, way), way):
                strange += 1
                print(f"{name}, {way}: $ {each.typed}", *each.seen, sep="\n")
    return int(strange > 0)


if __name__ == "__main__":
    sys.exit(main())
