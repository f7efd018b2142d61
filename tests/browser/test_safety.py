"""Whatever a provider or a model says is text; nothing foreign is loaded; everybody can use the pages."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from typing import Any, Final

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import told
from tests.browser.conftest import Watch
from tests.browser.fake import WEB, FakeDaemon
from tests.browser.test_pages import PAGES, go

EVIL: Final = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
)
MOST_BYTES: Final = 150_000


def evil_daemon(daemon: FakeDaemon) -> None:
    """Everything that comes from elsewhere tries to be markup."""
    bad: Any = told.failed_over("req_evil")
    for name in ("asked_model", "client", "session", "model", "provider", "route", "rule", "error"):
        bad[name] = EVIL
    bad |= {"candidates": [EVIL], "notes": [EVIL], "outcome": "upstream_error"}
    bad["refusals"] = [{"target": EVIL, "reason": EVIL}]
    bad["dropped"] = [{"code": EVIL, "words": EVIL, "severity": "info"}]
    bad["attempts"] = [told.attempt(f"{EVIL}/{EVIL}", EVIL, error=EVIL, verdict=EVIL)]
    daemon.exchanges = [bad]
    daemon.status = told.status(
        notices=[EVIL], providers=[told.provider(EVIL, key="locked", key_problem=EVIL)]
    )
    daemon.alerts[0]["when"] = EVIL
    daemon.sessions[0] |= {"session": EVIL, "target": EVIL}
    daemon.logs = [{"ts": told.ago(1), "level": "error", "message": EVIL, EVIL: EVIL}]
    daemon.rehearsal |= {"summary": EVIL, "notes": [EVIL]}


def test_what_models_and_errors_are_called_is_never_markup(
    context: BrowserContext, daemon: FakeDaemon, watch: Watch
) -> None:
    evil_daemon(daemon)
    page = context.new_page()
    watch.on(page)
    page.goto(daemon.login_url())
    for where in ("now", "exchanges", "exchanges/req_evil", "logs", "usage"):
        go(page, where)
        if where != "usage":
            expect(page.locator("main")).to_contain_text("<img src=x onerror=")
        expect(page).not_to_have_title("owned")
        assert page.locator("main img, main script").count() == 0
    go(page, "routes")
    page.get_by_role("region", name="Try a request").get_by_label("Model").fill(EVIL)
    page.get_by_role("button", name="Show the plan").click()
    expect(page.locator(".plan")).to_contain_text("<script>")
    expect(page).not_to_have_title("owned")


def test_a_script_that_got_in_would_not_run(page: Page, watch: Watch) -> None:
    """The second wall holds too: the policy, and the watch that sees a violation of it."""
    watch.expected += ["CSP", "Content Security Policy", "404"]  # the last one is the picture x
    page.evaluate("html => { document.body.insertAdjacentHTML('beforeend', html) }", EVIL)
    page.wait_for_timeout(100)
    assert page.title() != "owned"
    assert any("CSP" in each for each in watch.complaints)


def test_pages_have_no_inline_styles_or_handlers_and_name_no_other_host() -> None:
    own = [each for each in WEB.rglob("*") if each.is_file() and "vendor" not in each.parts]
    text = {each.name: each.read_text("utf-8") for each in own}
    assert len(text) > 25
    for name, content in text.items():
        assert not re.search(
            r"dangerouslySetInnerHTML|innerHTML|\beval\(|new Function",
            content.replace("dangerouslySetInnerHTML is used nowhere", ""),
        ), name
        assert not re.search(r"<style|\sstyle=\"|\son\w+=\"", content), name
        hosts = set(re.findall(r"https?://([\w.-]+)", content))
        assert hosts <= {"www.w3.org", "127.0.0.1"}, name


def test_every_module_is_loaded_early_or_on_demand() -> None:
    """What the first page needs is fetched in one round: it stands in index.html."""
    index = (WEB / "index.html").read_text("utf-8")
    needed, seen = ["app.js"], set()
    while needed:
        name = needed.pop()
        if name in seen:
            continue
        seen.add(name)
        path = WEB / name
        for found in re.findall(
            r'^import .*?from "(\.[^"]+)"|^import\s*\{[^}]*\} from "(\.[^"]+)"|^export .* from "(\.[^"]+)"',
            path.read_text("utf-8"),
            re.MULTILINE,
        ):
            other = (path.parent / next(filter(None, found))).resolve()
            needed.append(other.relative_to(WEB).as_posix())
    assert {f"/web/{name}" for name in seen} <= set(
        re.findall(r'(?:href|src)="(/web/[^"]+)"', index)
    )


def test_vendored_files_are_those_that_are_named_with_their_licences() -> None:
    vendor = WEB / "vendor"
    rows = [
        line.split()
        for line in (vendor / "VERSIONS").read_text("utf-8").splitlines()
        if line and line[0] != "#"
    ]
    listed = {row[0]: row for row in rows}
    assert set(listed) == {each.name for each in vendor.iterdir() if each.is_file()} - {"VERSIONS"}
    for name, (_, package, _version, licence, digest) in listed.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
        stated = (vendor / "licences" / f"{package.rpartition('/')[2]}.txt").read_text("utf-8")
        assert licence.partition("-")[0] in {"MIT", "Apache", "OFL"}
        assert len(stated) > 500


def test_all_of_it_is_small(page: Page) -> None:
    """Everything that the pages ever load, as it goes over the wire."""
    sent = 0
    for path in WEB.rglob("*"):
        if path.is_file() and path.suffix in {".js", ".css", ".html", ".svg", ".woff2"}:
            content = path.read_bytes()
            sent += len(content) if path.suffix == ".woff2" else len(gzip.compress(content, 9))
    assert sent < MOST_BYTES
    first = page.evaluate(
        "performance.getEntriesByType('resource').reduce((all, each) => all + each.encodedBodySize, 0)"
    )
    assert 50_000 < first < MOST_BYTES


# ---------------------------------------------------------------- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    findings = []
    for where, (_, words) in PAGES.items():
        go(page, where)
        expect(page.locator("main")).to_contain_text(words)
        if where == "routes":
            page.get_by_label("Conditions of long").click()
            page.get_by_text("Add a rule").click()
        findings += [f"{where}: {each}" for each in violations(page, scheme)]
    go(page, "configuration")
    page.get_by_label("Set a key of zai").click()
    page.get_by_label("Disable local").click()
    expect(page.locator("dialog")).to_be_visible()
    findings += [f"review: {each}" for each in violations(page, scheme)]
    assert findings == []


def violations(page: Page, scheme: str) -> list[str]:
    """Serious and critical findings on what is shown now; in the dark only the colours are others.

    axe is put in as a text evaluated by the browser's own debugger, which no policy of a page concerns.
    """
    page.evaluate(AXE_SCRIPT)
    only = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    found = page.evaluate(
        "options => axe.run(document, options)", {"resultTypes": ["violations"], **only}
    )
    return [
        f"{each['id']}: {node['target']} {node['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def test_one_can_walk_through_the_page_by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    walked = []
    page.evaluate("document.activeElement.blur(); document.body.focus()")
    page.locator(".skip").focus()
    for _ in range(14):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 24)"))
    for words in (
        "aimux",
        "Now",
        "Exchanges",
        "Usage",
        "Routes",
        "Configuration",
        "Logs",
        "Log out",
        "All exchanges",
    ):
        assert words in walked
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    page.get_by_role("link", name="Usage").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("link", name="Usage")).to_have_attribute("aria-current", "page")


def test_colours_are_the_system_s_until_others_are_chosen(page: Page) -> None:
    def paper() -> str:
        found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return found

    assert paper() == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert paper() == "rgb(20, 21, 23)"
    page.get_by_label("Colours").select_option("light")
    assert paper() == "rgb(255, 255, 255)"
    page.reload()
    page.get_by_role("heading", name="Now").wait_for()
    assert paper() == "rgb(255, 255, 255)"
    page.get_by_label("Colours").select_option("auto")
    assert paper() == "rgb(20, 21, 23)"


def test_without_scripts_it_says_what_to_type(context: BrowserContext, daemon: FakeDaemon) -> None:
    browser = context.browser
    assert browser
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(daemon.url)
    expect(page.locator(".noscript")).to_be_visible()
    assert "aimux status" in (page.locator(".noscript").text_content() or "")
    plain.close()


def test_the_fake_daemon_tells_what_the_real_one_may_tell() -> None:
    """Its shapes are checked by mypy where they are typed; here, that they are JSON."""
    for told_of in (
        told.status(),
        told.afternoon(),
        told.alerts(),
        told.sessions(),
        told.rehearsal(),
    ):
        assert json.loads(json.dumps(told_of)) == told_of
