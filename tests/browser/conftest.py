"""One Chromium for the tests of a module; a fresh profile, a fresh daemon and a watch for each test.

It does not outlive the module: while Playwright is there, so is its event loop, and no test behind it could
run one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.fake import FakeDaemon
from tests.support.parts import need

SWITCHES: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-extensions",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
LIMIT_MS: Final = 15_000
"""How long a page may take for anything on a busy machine."""

expect.set_options(timeout=LIMIT_MS)

_CATCH_VIOLATIONS: Final = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Watch:
    """What a page has complained of; a test says which complaints it has asked for."""

    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        """Hears a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    @property
    def unexpected(self) -> list[str]:
        """Complaints that nobody has asked for."""
        return [each for each in self.complaints if not any(text in each for text in self.expected)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's own browser."""
    path = need("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield browser
        browser.close()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    """A daemon that has had a lively afternoon."""
    with FakeDaemon(tmp_path) as running:
        yield running


@pytest.fixture
def watch() -> Iterator[Watch]:
    """At its end no page may have complained."""
    made = Watch()
    yield made
    assert made.unexpected == []


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile."""
    made = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    made.set_default_timeout(LIMIT_MS)
    made.add_init_script(_CATCH_VIOLATIONS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, daemon: FakeDaemon, watch: Watch) -> Page:
    """A page that is logged in and shows Now."""
    made = context.new_page()
    watch.on(made)
    made.goto(daemon.login_url())
    made.get_by_role("heading", name="Now").wait_for()
    return made
