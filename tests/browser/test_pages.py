"""Every page shows what the daemon tells, and complains of nothing."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import told
from tests.browser.conftest import Watch
from tests.browser.fake import FakeDaemon

PAGES: Final = {
    "now": ("Now", "anthropic"),
    "exchanges": ("Exchanges", "claude-opus-4-8"),
    "exchanges/req_failover": ("claude-opus-4-8 → zai/glm-5.3", "was overloaded (529)"),
    "usage": ("Usage", "Lost with caches"),
    "routes": ("Routes", "At least 200,000 tokens: goes to anthropic/claude-sonnet-5-5."),
    "configuration": ("Configuration", "keyring:zai/second"),
    "configuration/budgets": ("Configuration", "Everything may cost $20.00 a day"),
    "configuration/alerts": ("Configuration", "error_rate > 0.2 for 5m"),
    "configuration/server": ("Configuration", "Address to listen on."),
    "configuration/file": ("Configuration", "config.toml"),
    "logs": ("Logs", "rests for 60 s"),
}
SIZES: Final = {"wide": (1280, 800), "narrow": (390, 844)}


def go(page: Page, where: str) -> None:
    """Shows a page by its address."""
    page.evaluate("where => { location.hash = `#/${where}` }", where)


def width_of(page: Page) -> int:
    """Pixels by which the page is wider than what shows it."""
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


@pytest.mark.parametrize("size", SIZES)
def test_each_page_shows_what_is_told_and_fits(page: Page, size: str) -> None:
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))  # type: ignore[arg-type]  # the two keys
    for where, (heading, words) in PAGES.items():
        go(page, where)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(page.locator("main")).to_contain_text(words)
        expect(page).to_have_title(f"{heading} · aimux")
        assert width_of(page) <= 0, where


def test_now_says_how_things_stand(page: Page) -> None:
    main = page.locator("main")
    for words in (
        "0.40/s",
        "640 ms",
        "3.1 %",
        "19 of 20 within 2.2 s",
        "budget 'daily' is nearly spent: $16.41 of $20.00 a day",
        "too many requests, or its plan is used up",
        "aimux keys set openai",
        "new in 2 h 11 min",
        "$3.39 left of $20.00",
        "46.9k cached",
        'quota_used{provider="anthropic"} > 0.8',
    ):
        expect(main).to_contain_text(words)
    expect(page.get_by_role("meter", name="5h, used")).to_have_attribute("aria-valuenow", "62")
    expect(
        page.get_by_role("group", name=re.compile("The last 5 minutes: 2\\d exchanges"))
    ).to_be_visible()


def test_an_exchange_is_drawn_and_explained(page: Page) -> None:
    page.get_by_role("link", name=re.compile("claude-opus-4-8")).first.click()

    expect(page).to_have_url(re.compile("#/exchanges/req_failover$"))
    main = page.locator("main")
    for words in (
        "overloaded_error: Overloaded",
        "did not begin to answer within the limit",
        "The rule long holds",
        "$0.0812 with 41k cached, score 0.0812",
        "longer than its window of 131,072",
        "the session stays with anthropic",
        "thinking.signature",
        "188,000 tokens were read anew",
        "anthropic → openai-chat, streamed",
        "all of it after 11.2 s",
        "aimux why req_failover",
        "/srv/shop",
    ):
        expect(main).to_contain_text(words)
    starts = page.locator(".lane-wait").evaluate_all(
        "bars => bars.map((bar) => parseFloat(bar.style.left))"
    )
    assert starts == sorted(starts)
    assert starts[1] > 5
    expect(page.locator(".lane-run")).to_have_count(1)


def test_an_exchange_that_nobody_knows_is_said(
    page: Page, daemon: FakeDaemon, watch: Watch
) -> None:
    watch.expected.append("404")
    go(page, "exchanges/req_nothing")
    expect(page.get_by_role("alert")).to_contain_text("no request 'req_nothing' is remembered")


def test_exchanges_are_filtered_and_the_address_keeps_it(page: Page, daemon: FakeDaemon) -> None:
    go(page, "exchanges")
    page.get_by_label("Outcome").select_option("cut")

    expect(page.locator(".row")).to_have_count(1)
    expect(page).to_have_url(re.compile("outcome=cut"))
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_role("button", name="Newest")).to_be_visible()
    page.get_by_label("Search").fill("nothing at all")
    expect(page.locator("main")).to_contain_text("Nothing matches these filters.")


def test_usage_plots_hover_and_a_part_of_the_time(page: Page, daemon: FakeDaemon) -> None:
    go(page, "usage")
    legend = page.locator(".legend")
    expect(legend).to_contain_text("anthropic")
    whole = legend.locator("strong").inner_text()
    canvas = page.locator(".u-over")
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    expect(legend.locator("strong")).not_to_have_text(whole)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 80, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.get_by_role("button", name="Whole time").click()
    expect(legend.locator("strong")).to_have_text(whole)

    page.get_by_role("button", name="30 days").click()
    page.get_by_role("button", name="Model", exact=True).click()
    page.get_by_role("button", name="Tokens", exact=True).click()
    expect(page.get_by_role("heading", name="By model")).to_be_visible()
    expect(page).to_have_url(re.compile("since=30d.*by=model.*what=tokens"))
    asked = [path for _, path, _ in daemon.asked if "/usage/series" in path]
    assert asked[-1].endswith("since=30d&by=model&bucket=day")


def test_logs_are_filtered_and_lead_to_their_exchange(page: Page) -> None:
    go(page, "logs")
    expect(page.locator(".log li")).to_have_count(26)
    page.get_by_role("button", name="errors").click()
    expect(page.locator(".log li")).to_have_count(1)
    page.get_by_text("traceback", exact=True).click()
    expect(page.locator(".log pre")).to_contain_text("Traceback")
    page.locator(".log a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("claude-sonnet-5-5")
    page.get_by_role("link", name="Its lines in the log").click()
    expect(page.get_by_label("Exchange")).to_have_value("req_cut")
    expect(page.locator(".log li")).to_have_count(1)


def test_the_first_run_shows_three_steps_until_a_request_comes(
    context: BrowserContext, daemon: FakeDaemon, watch: Watch
) -> None:
    daemon.status = told.status(providers=[], requests=0, notices=[], state="running")
    daemon.exchanges = []
    page = context.new_page()
    watch.on(page)
    page.goto(daemon.login_url())

    expect(page.get_by_role("heading", level=1)).to_have_text("Three steps to the first answer")
    expect(page.locator(".step.next")).to_contain_text("Add a provider")
    daemon.tell(
        "status", told.status(providers=[told.provider("local", key="none-needed")], requests=0)
    )
    expect(page.locator(".step.next")).to_contain_text("Send the first request")
    daemon.tell("exchange", told.opened("req_first"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Now")
    expect(page.locator(".row")).to_have_count(1)


def test_an_address_that_is_none_says_so(page: Page) -> None:
    go(page, "nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no page nowhere")
