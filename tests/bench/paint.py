"""Measures how soon the dashboard's first page is painted: the system's Chromium, before a fake daemon.

    python -m tests.bench.paint [--rounds N]

Each round is a profile of its own, in which nothing is cached, and then the same page again.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from tests.bench.figures import Goal
from tests.browser.conftest import SWITCHES
from tests.browser.fake import FakeDaemon
from tests.support.parts import need

PAINT_MS: Final = Goal(300)

_PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def paints_ms(rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the first paint: of pages that are seen for the first time, and of known ones."""
    cold, warm = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeDaemon(Path(folder)) as daemon,
        sync_playwright() as playwright,
    ):
        path = need("chromium", "chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        for _ in range(rounds):
            page = browser.new_context().new_page()
            daemon.codes.add("once")
            cold.append(_painted_ms(page, daemon.login_url()))
            page.goto("about:blank")
            warm.append(_painted_ms(page, daemon.url))
            page.context.close()
        browser.close()
    return cold, warm


def _painted_ms(page: Page, url: str) -> float:
    page.goto(url)
    page.get_by_role("heading", name="Now").wait_for()
    page.wait_for_function(f"{_PAINTED.partition('.startTime')[0]} !== undefined")
    return float(page.evaluate(_PAINTED))


def main() -> None:
    """Reads the command line and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.paint", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    for name, times in zip(("cold", "warm"), paints_ms(parser.parse_args().rounds), strict=True):
        median = statistics.median(times)
        mark = "ok" if PAINT_MS.met(median) else "MISSED"
        print(f"{name}  {median:6.0f} ms  {mark} (<= {PAINT_MS.bound:g})  best {min(times):.0f}")


if __name__ == "__main__":
    main()
