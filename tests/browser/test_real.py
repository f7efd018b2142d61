"""The pages and a real daemon: logged in by the command, live while an upstream answers."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_pages import go
from tests.support.answers import ANTHROPIC, events, failure, models, path
from tests.support.daemon import Home, end
from tests.support.upstream import Answer, FakeUpstream, Gate, Pause

pytestmark = pytest.mark.system

EVIL = "<img src=x onerror=\"document.title='owned'\">"
LOGGED_IN = re.compile("Now|Three steps to the first answer")
"""The heading of the first page, with exchanges or without."""
EVENT_STREAM = (("content-type", "text/event-stream; charset=utf-8"),)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, FakeUpstream]]:
    """One daemon for all tests here, with a provider that is a fake."""
    folder: Path = tmp_path_factory.mktemp("home")
    folder.chmod(0o700)
    home = Home(folder, extra={"TEST_KEY": "sk-test-0123456789"})
    with FakeUpstream() as upstream:
        home.configure(upstream.url)
        home.start()
        yield home, upstream
        end(home)


@pytest.fixture
def home(running: tuple[Home, FakeUpstream]) -> Home:
    return running[0]


@pytest.fixture
def upstream(running: tuple[Home, FakeUpstream]) -> FakeUpstream:
    return running[1]


@pytest.fixture
def page(context: BrowserContext, home: Home, watch: Watch) -> Page:
    """A page that the command has logged in."""
    made = context.new_page()
    watch.on(made)
    made.goto(login_url(home))
    made.get_by_role("heading", level=1).wait_for()
    return made


def login_url(home: Home) -> str:
    """What `aimux dashboard` opens."""
    return f"{home.presence.url}/#login={home.admin.login_code()['code']}"


def body(model: str) -> dict[str, object]:
    return {
        "model": model,
        "max_tokens": 99,
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
    }


def test_the_first_request_is_seen_while_it_is_answered(
    page: Page, home: Home, upstream: FakeUpstream
) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Three steps to the first answer")
    expect(page.locator(".step.next")).to_contain_text("Send the first request")
    gate, (first, *rest) = Gate(), events(ANTHROPIC)
    pieces = (first, Pause(gate), *rest)
    upstream.script(path(ANTHROPIC), Answer(headers=EVENT_STREAM, pieces=pieces, framing="chunked"))

    def ask() -> None:
        with home.asking(body("claude-live-1")) as reply:
            reply.read()

    asking = threading.Thread(target=ask)
    asking.start()
    row = page.locator(".row").first
    expect(row).to_contain_text("claude-live-1")
    expect(row).to_contain_text("open")
    expect(page.get_by_role("heading", level=1)).to_have_text("Now")
    gate.open()
    asking.join()
    expect(row).not_to_contain_text("open")
    row.click()
    expect(page.locator(".attempt")).to_contain_text("up/claude-live-1")
    expect(page.locator(".story")).to_contain_text("Every byte was passed on as it came.")


def test_an_error_with_markup_from_a_provider_is_a_text(
    page: Page, home: Home, upstream: FakeUpstream
) -> None:
    upstream.script(path(ANTHROPIC), failure(ANTHROPIC, 400, EVIL))
    with home.asking(body(EVIL)) as reply:
        assert reply.status == 400
        reply.read()
    row = page.locator(".row").first
    expect(row).to_contain_text("<img src=x")
    row.click()
    expect(page.locator("main")).to_contain_text("client's fault")
    expect(page.locator(".attempt-error, .failed").first).to_contain_text("<img src=x onerror=")
    expect(page).not_to_have_title("owned")
    assert page.locator("main img").count() == 0


def test_every_page_shows_what_the_real_daemon_tells(page: Page, home: Home) -> None:
    with home.asking(body("claude-any-1")) as reply:
        reply.read()
    for where, words in (
        ("now", "127.0.0.1:"),
        ("exchanges", "claude-any-1"),
        ("usage", "By provider"),
        ("routes", "very request: goes to up/*"),
        ("configuration", "env:TEST_KEY"),
        ("configuration/server", "Address to listen on."),
        ("configuration/file", "config.toml"),
        ("logs", "claude-any-1"),
    ):
        go(page, where)
        expect(page.locator("main")).to_contain_text(words)
        expect(page.locator(".failed")).to_have_count(0)
    go(page, "routes")
    form = page.get_by_role("region", name="Try a request")
    form.get_by_label("Model").fill("claude-any-1")
    form.get_by_label("Size").fill("50000")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator(".plan")).to_contain_text("It would ask up/claude-any-1")


def test_the_configuration_is_changed_and_taken_back(page: Page, home: Home) -> None:
    before = home.paths.config.read_text("utf-8")
    go(page, "configuration")
    page.get_by_label("Disable up").click()
    expect(page.locator("dialog .diff")).to_contain_text("+enabled = false")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".said")).to_contain_text("Disable up: applied")
    assert "enabled = false" in home.paths.config.read_text("utf-8")
    expect(page.get_by_label("Enable up")).to_be_visible()

    page.get_by_role("button", name=re.compile("Take back the change")).click()
    expect(page.locator(".said")).to_contain_text("Taken back")
    assert home.paths.config.read_text("utf-8") == before


def test_a_key_goes_in_and_is_used(page: Page, home: Home, upstream: FakeUpstream) -> None:
    go(page, "configuration")
    page.get_by_label("Set a key of up").click()
    page.get_by_label("Label").fill("second")
    page.get_by_label("Key of up").fill("sk-test-9876543210")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".said")).to_contain_text("The key is kept as vault:up/second")
    expect(page.locator(".keys")).to_contain_text("vault:up/second")
    assert "sk-test-9876543210" not in page.content()
    assert "sk-test-9876543210" not in home.paths.config.read_text("utf-8")
    upstream.script("/v1/models", models(ANTHROPIC, "claude-any-1"))
    page.get_by_label("Test up").click()
    expect(page.locator(".test-words")).not_to_be_empty()


def test_a_daemon_that_starts_anew_is_found_and_asks_for_a_login(
    page: Page, home: Home, watch: Watch
) -> None:
    watch.expected += ["401", "ERR_"]
    port = home.presence.address.rpartition(":")[2]
    home.stop()
    expect(page.locator(".banner.bad")).to_contain_text("The daemon does not answer.")
    home.start("--port", port)
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in from the command line")
    again = page.context.new_page()
    again.goto(login_url(home))
    expect(again.get_by_role("heading", level=1)).to_have_text(LOGGED_IN)
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("heading", level=1)).to_have_text(LOGGED_IN)
