"""What changes by itself: exchanges, states, a daemon that goes away, a login that ends, a wrong clock."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import told
from tests.browser.conftest import Watch
from tests.browser.fake import FakeDaemon


def test_an_exchange_comes_in_goes_on_and_ends(page: Page, daemon: FakeDaemon) -> None:
    row = page.locator(".row").first
    daemon.tell("exchange", told.opened("req_live", asked_model="claude-live-1"))
    expect(row).to_contain_text("claude-live-1")
    expect(row).to_contain_text("open")

    daemon.tell(
        "exchange",
        told.exchange("req_live", seconds_ago=1, asked_model="claude-live-1", cost_usd=0.5),
    )
    expect(row).to_contain_text("$0.500")
    expect(row).not_to_contain_text("open")


def test_the_page_of_an_open_exchange_follows_it_to_its_end(page: Page, daemon: FakeDaemon) -> None:
    shape = told.opened("req_live", asked_model="claude-live-1")
    daemon.exchanges.insert(0, shape)
    daemon.tell("exchange", shape)
    page.get_by_role("link", name=re.compile("claude-live-1")).first.click()
    expect(page.locator(".attempt")).to_contain_text("is still at it")

    ended = told.exchange("req_live", seconds_ago=1, asked_model="claude-live-1")
    daemon.exchanges[0] = ended
    daemon.tell("exchange", ended)
    expect(page.locator(".attempt")).to_contain_text("answered")
    expect(page.locator(".story")).to_contain_text("It was answered.")


def test_states_alerts_and_a_reset_are_heard(page: Page, daemon: FakeDaemon) -> None:
    daemon.tell("status", told.status(in_flight=17, state="draining"))
    expect(page.locator(".figures")).to_contain_text("17")
    expect(page.locator(".banner")).to_contain_text("The daemon is ending")
    daemon.tell("alert", {**told.alerts()[0], "state": "firing"})
    expect(page.locator("main")).to_contain_text("error_rate > 0.2 for 5m")

    daemon.status = told.status(in_flight=23)
    daemon.tell("reset", {"reason": "too much was missed"})
    expect(page.locator(".figures")).to_contain_text("23")


def test_a_lost_daemon_is_said_and_found_again(
    page: Page, daemon: FakeDaemon, watch: Watch
) -> None:
    watch.expected += [
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        "ERR_CONNECTION_RESET",
    ]
    daemon.tell("exchange", told.opened("req_before"))
    expect(page.locator(".row").first).to_contain_text("open")
    daemon.go_away()
    banner = page.locator(".banner")
    expect(banner).to_contain_text("The daemon does not answer.")
    expect(page.locator(".row").first).to_be_visible()  # what was known stays

    daemon.tell("exchange", told.opened("req_missed", asked_model="claude-missed-1"))
    daemon.come_back()
    page.get_by_role("button", name="Try now").click()
    expect(banner).to_have_count(0)
    expect(page.locator(".row").first).to_contain_text("claude-missed-1")
    expect(page.locator(".standing")).to_contain_text("Live")


def test_a_login_that_has_ended_says_how_to_come_back_and_comes_back(
    page: Page, daemon: FakeDaemon, watch: Watch
) -> None:
    watch.expected.append("401")
    daemon.logged_in = False
    page.evaluate("location.hash = '#/usage'")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in from the command line")
    expect(page.locator("main")).to_contain_text("aimux dashboard")

    daemon.logged_in = True  # another page has logged in
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Usage")


def test_a_code_holds_once_and_leaves_the_address(
    context: BrowserContext, daemon: FakeDaemon, watch: Watch
) -> None:
    watch.expected.append("401")
    page = context.new_page()
    watch.on(page)
    page.goto(f"{daemon.url}/#login=once")
    expect(page.get_by_role("heading", level=1)).to_have_text("Now")
    assert "login" not in page.url
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in from the command line")

    page.goto(f"{daemon.url}/#login=once")
    expect(page.get_by_role("alert")).to_contain_text("has been used already, or is too old")
    page.goto(daemon.login_url())
    expect(page.get_by_role("heading", level=1)).to_have_text("Now")


def test_a_clock_that_is_wrong_is_said(
    context: BrowserContext, daemon: FakeDaemon, watch: Watch
) -> None:
    page = context.new_page()
    watch.on(page)
    page.add_init_script(
        "const real = Date.now.bind(Date); Date.now = () => real() - 3 * 3600 * 1000;"
    )
    page.goto(daemon.login_url())

    expect(page.locator(".banner")).to_contain_text("are 3 h apart")
    expect(page.locator("main")).to_contain_text(re.compile(r"up 1 d 3 h"))


def test_a_hidden_page_lets_its_connection_go_and_takes_it_up_again(
    page: Page, daemon: FakeDaemon
) -> None:
    daemon.tell("exchange", told.opened("req_seen"))
    expect(page.locator(".row").first).to_contain_text("open")
    hide = """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    page.wait_for_timeout(100)
    daemon.tell("exchange", told.opened("req_unseen", asked_model="claude-unseen-1"))
    page.evaluate(hide, False)

    expect(page.locator(".row").first).to_contain_text("claude-unseen-1")
    expect(page.locator(".banner")).to_have_count(0)
