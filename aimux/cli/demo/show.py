"""The show itself: open the stage, ask, tell, and leave nothing behind."""

from __future__ import annotations

from contextlib import closing
from typing import Protocol

from aimux.cli.demo.call import Call, Kind
from aimux.cli.demo.departure import Departure
from aimux.cli.demo.figures import Figures, figures
from aimux.cli.demo.stage import Stage


class Page(Protocol):
    """Who shows it."""

    def asked(self, prompt: str) -> None:
        """The question goes out."""

    def opened(self, url: str, start_s: float) -> None:
        """The daemon is ready."""

    def piece(self, kind: Kind, text: str) -> None:
        """A piece of the thinking or of the answer has come."""

    def told(self, facts: Figures) -> None:
        """The answer is whole, and this became of it."""

    def closed(self) -> None:
        """Nothing is left."""


def show(prompt: str, page: Page) -> None:
    """Runs the demo.

    Raises:
        AimuxError: it did not work; whatever was started is gone by then.
        KeyboardInterrupt, SystemExit: a signal ended it; the same holds.
    """
    stage, departure = Stage(), Departure()
    try:
        departure.watch()
        page.asked(prompt)
        stage.open()
        page.opened(stage.url, stage.start_s)
        call = Call(stage.url, stage.client_token, prompt)
        with closing(call.pieces()) as pieces:  # the connection ends before the daemon is to
            for kind, text in pieces:
                page.piece(kind, text)
        page.told(figures(call, stage.exchange(call.request_id)))
    finally:
        departure.leaving = True  # an assignment, not a call: no signal comes between it and try
        stage.close()
        departure.unwatch()
    page.closed()
