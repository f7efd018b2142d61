"""Each form: from what is typed to the daemon's answer, with problems at their fields, applied and undone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import told
from tests.browser.conftest import Watch
from tests.browser.fake import FakeDaemon
from tests.browser.test_pages import go


def apply(page: Page, *lines: str) -> None:
    """Looks at the diff and applies it."""
    diff = page.locator("dialog .diff")
    for line in lines:
        expect(diff).to_contain_text(line)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".said")).to_contain_text(re.compile("applied as configuration [5-9]"))


def text_of(daemon: FakeDaemon) -> str:
    return daemon.config.read_text("utf-8")


def asked_for(daemon: FakeDaemon, method: str, path: str) -> Any:
    """The body of the last such question."""
    found = [body for verb, where, body in daemon.asked if verb == method and where.endswith(path)]
    assert found, f"nobody asked {method} {path}"
    return found[-1]


# ---------------------------------------------------------------- routes


def test_a_try_out_shows_the_plan(page: Page, daemon: FakeDaemon) -> None:
    go(page, "routes")
    form = page.get_by_role("region", name="Try a request")
    form.get_by_label("Model").fill("claude-haiku-4-5")
    form.get_by_label("Size of the prompt").fill("40_000")
    form.get_by_label("Thinking").select_option("high")
    form.get_by_label("With an image").check()
    form.get_by_label("With tools").check()
    page.get_by_role("button", name="Show the plan").click()

    plan = page.locator(".plan")
    for words in (
        "It would ask zai/glm-4.5-air first",
        "background holds",
        "about $0.0812, 41.0k cached",
        "not now",
        "two requests are open already",
        "drops cache_control",
        "the provider is disabled",
    ):
        expect(plan).to_contain_text(words)
    script = asked_for(daemon, "POST", "/routes/test")
    assert script["format"] == "anthropic"
    assert script["client"] == "claude-code"
    assert 150_000 < len(script["request"]) < 165_000
    assert '"effort":"high"' in script["request"]
    assert '"image/png"' in script["request"]
    assert '"tools"' in script["request"]


@pytest.mark.parametrize(
    ("client", "format_", "mark"),
    [
        ("codex", "openai-responses", '"input"'),
        ("gemini-cli", "gemini", '"contents"'),
        ("", "anthropic", '"messages"'),
    ],
)
def test_a_try_out_speaks_as_its_client(
    page: Page, daemon: FakeDaemon, client: str, format_: str, mark: str
) -> None:
    go(page, "routes")
    form = page.get_by_role("region", name="Try a request")
    form.get_by_label("Model").fill("some-model")
    form.get_by_label("Client").select_option(client)
    form.get_by_label("Model").press("Enter")
    expect(page.locator(".plan")).to_be_visible()

    script = asked_for(daemon, "POST", "/routes/test")
    assert script["format"] == format_
    assert mark in script["request"]


def ordered(page: Page, label: str) -> Locator:
    return page.get_by_role("list", name=label, exact=True).locator(".item")


def test_targets_are_reordered_by_keyboard_reviewed_applied_and_undone(
    page: Page, daemon: FakeDaemon
) -> None:
    go(page, "routes")
    page.get_by_label("Move anthropic/* down").focus()
    page.keyboard.press("Enter")
    expect(ordered(page, "the targets of the default")).to_have_text(["zai/glm-5.3", "anthropic/*"])
    expect(page.get_by_label("Move anthropic/* up")).to_be_focused()

    page.get_by_role("button", name="Review the change").click()
    apply(
        page,
        '-default = ["anthropic/*", "zai/glm-5.3"]',
        '+default = ["zai/glm-5.3", "anthropic/*"]',
    )
    assert 'default = ["zai/glm-5.3", "anthropic/*"]' in text_of(daemon)
    assert "# My aimux." in text_of(daemon)  # comments stay

    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".said")).to_contain_text("Taken back")
    assert text_of(daemon) == told.CONFIG
    expect(ordered(page, "the targets of the default")).to_have_text(["anthropic/*", "zai/glm-5.3"])


def test_targets_are_reordered_by_dragging_and_dropped(page: Page, daemon: FakeDaemon) -> None:
    go(page, "routes")
    rows = ordered(page, "the targets of background")
    rows.nth(1).drag_to(rows.nth(0))
    expect(rows).to_have_text(["local/qwen3-coder:30b", "fast"])
    page.get_by_role("button", name="Drop it").click()
    expect(rows).to_have_text(["fast", "local/qwen3-coder:30b"])
    assert text_of(daemon) == told.CONFIG


def test_a_target_is_added_and_another_taken_out(page: Page, daemon: FakeDaemon) -> None:
    go(page, "routes")
    page.get_by_role("button", name="Add to the targets of long").click()
    page.get_by_label("Add to the targets of long").fill("zai/*")
    page.keyboard.press("Enter")
    page.get_by_label("Take anthropic/claude-sonnet-5-5 out").click()
    page.get_by_role("button", name="Review the change").click()
    apply(page, '+targets = ["zai/*"]')


def test_a_rule_is_moved_changed_and_added(page: Page, daemon: FakeDaemon) -> None:
    go(page, "routes")
    page.get_by_label("Ask the rule long earlier").click()
    apply(page, "+name = ")
    assert text_of(daemon).index('"long"') < text_of(daemon).index('"background"')

    page.get_by_label("Conditions of long").click()
    form = page.locator("details[open]")
    form.get_by_label("Images").select_option("no")
    form.get_by_role("button", name="Review 1 change").click()
    apply(page, "images = false")

    page.get_by_text("Add a rule").click()
    form = page.locator("details[open]").last
    form.get_by_label("Name", exact=True).fill("big")
    form.get_by_label("Targets").fill("zai/glm-5.3")
    form.get_by_label("At least so many tokens").fill("100_000")
    form.get_by_role("button", name="Review the rule").click()
    apply(page, '+name = "big"')


def test_what_is_being_filled_in_outlives_a_late_answer(page: Page, daemon: FakeDaemon) -> None:
    """The configuration is read anew behind a change; a form that somebody has begun to fill in stays."""
    go(page, "routes")
    page.get_by_label("Ask the rule long earlier").wait_for()
    late: list[Route] = []
    page.route(re.compile("/config$"), lambda route: late.append(route))  # noqa: PLW0108 -- it marks its handlers
    page.get_by_label("Ask the rule long earlier").click()
    apply(page, "+name = ")
    first = page.get_by_label(re.compile("Ask the rule .* earlier")).first
    expect(first).to_have_accessible_name("Ask the rule long earlier")

    page.get_by_label("Conditions of long").click()
    form = page.locator("details[open]")
    form.get_by_label("Images").select_option("no")
    [held] = late
    with page.expect_response(re.compile("/config$")):
        held.continue_()
    page.unroute_all()
    form.get_by_role("button", name="Review 1 change").click()
    apply(page, "images = false")


# ---------------------------------------------------------------- configuration


def test_a_provider_is_added_from_the_catalogue_and_asked_first_when_nothing_matches(
    page: Page, daemon: FakeDaemon
) -> None:
    go(page, "configuration")
    page.get_by_label("From the catalogue").select_option("deepseek")
    page.get_by_role("button", name="Review", exact=True).click()
    apply(page, "+[providers.deepseek]", '"deepseek/*"]')
    expect(page.get_by_role("heading", name="deepseek")).to_be_visible()
    expect(page.get_by_label("Key of deepseek")).to_be_visible()  # the next step


def test_a_provider_is_added_alone_where_all_are_asked_anyway(
    page: Page, daemon: FakeDaemon
) -> None:
    """A default that names one would take the others out."""
    daemon.config.write_text('version = 1\n[providers.zai]\npreset = "zai"\n', encoding="utf-8")
    go(page, "configuration")
    page.get_by_label("From the catalogue").select_option("ollama")
    page.get_by_role("button", name="Review", exact=True).click()
    apply(page, "+[providers.ollama]")
    assert "default" not in text_of(daemon)


def test_a_provider_of_one_s_own_with_a_wrong_address(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration")
    page.get_by_label("From the catalogue").select_option("another")
    page.get_by_label("Name", exact=True).fill("mine")
    address = page.get_by_label("Address")
    address.fill("127.0.0.1:8000")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".problem")).to_contain_text("http://")

    address.fill("http://127.0.0.1:8000/v1")
    page.get_by_role("button", name="Review", exact=True).click()
    apply(page, 'base_url = "http://127.0.0.1:8000/v1"', "keys = []")


def test_a_provider_is_tested_disabled_and_removed(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration")
    page.get_by_label("Test local").click()
    expect(page.locator("main")).to_contain_text("12 models are listed · 212 ms")
    page.get_by_label("Disable zai").click()
    apply(page, "+enabled = false")
    expect(page.get_by_label("Enable zai")).to_be_visible()
    page.get_by_label("Remove cerebras").click()
    expect(page.locator(".problems")).to_contain_text("cerebras")  # a public model names it


def test_a_key_is_set_and_never_shown(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration")
    page.get_by_label("Set a key of zai").click()
    page.get_by_label("Label").fill("second")
    field = page.get_by_label("Key of zai")
    expect(field).to_have_attribute("type", "password")
    field.fill("sk-test-secret-0123456789")
    page.get_by_role("button", name="Keep it").click()

    expect(page.locator(".said")).to_contain_text("The key is kept as keyring:zai/second")
    assert asked_for(daemon, "PUT", "/providers/zai/keys/second") == {
        "value": "sk-test-secret-0123456789"
    }
    assert "sk-test-secret" not in page.content()
    delete = page.get_by_label("Delete the key zai/second")
    delete.click()
    page.get_by_label("Really delete the key zai/second").click()
    expect(page.locator(".said")).to_contain_text("The key zai/second is gone")


def test_problems_appear_at_their_fields(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration/server")
    port, drain = page.get_by_label("Port"), page.get_by_label("Drain timeout")
    port.fill("99999")
    drain.fill("soon")
    page.get_by_role("button", name="Review 2 changes").click()

    for field, words in ((port, "0 to 65535"), (drain, "a duration")):
        expect(field).to_have_attribute("aria-invalid", "true")
        described = page.locator(f"[id='{field.get_attribute('aria-describedby')}']")
        expect(described).to_contain_text(words)
    assert text_of(daemon) == told.CONFIG

    port.fill("24690")
    drain.fill("90s")
    page.get_by_role("button", name="Review 2 changes").click()
    apply(page, "-port = 24689", "+port = 24690", '+drain_timeout = "90s"')


def test_a_budget_and_an_alert_are_changed_added_and_tested(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration/budgets")
    page.get_by_label("Change the budget daily").click()
    page.locator("details[open]").get_by_label("Limit (US dollars)").fill("35")
    page.get_by_role("button", name="Review 1 change").click()
    apply(page, "+limit_usd = 35")
    added = page.get_by_role("region", name="Add a budget")
    added.get_by_label("Name").fill("zai")
    added.get_by_label("Scope").fill("provider:zai")
    added.get_by_label("Limit (US dollars)").fill("100")
    added.get_by_label("Window").select_option("month")
    added.get_by_role("button", name="Review").click()
    apply(page, "+[budgets.zai]", '+window = "month"')

    go(page, "configuration/alerts")
    page.get_by_label("Test alert 1").click()
    expect(page.locator(".said")).to_contain_text("log: told")
    assert asked_for(daemon, "POST", "/alerts/test") == {"alert": 0}
    added = page.get_by_role("region", name="Add an alert")
    added.get_by_label("When").fill("memory > 10")
    added.get_by_role("button", name="Review").click()
    expect(page.locator(".problem, .problems").first).to_contain_text("memory")
    added.get_by_label("When").fill("memory_mb > 500")
    added.get_by_role("button", name="Review").click()
    apply(page, '+when = "memory_mb > 500"')


def test_the_file_is_edited_with_problems_at_their_lines(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration/file")
    editor = page.get_by_label("The text of config.toml")
    expect(editor).to_have_value(told.CONFIG)
    editor.fill(told.CONFIG.replace("port = 24689", "prt = 24690"))
    page.get_by_role("button", name="Review").click()
    expect(page.locator(".problems")).to_contain_text("did you mean port?")
    page.get_by_role("button", name="line 5").click()
    expect(editor).to_be_focused()

    editor.fill(told.CONFIG.replace("port = 24689", "port = 24690"))
    page.get_by_role("button", name="Review").click()
    apply(page, "-port = 24689", "+port = 24690")


def test_a_file_that_was_changed_by_hand_is_not_overwritten(
    page: Page, daemon: FakeDaemon, watch: Watch
) -> None:
    watch.expected.append("409")
    go(page, "configuration")
    page.get_by_label("Disable local").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("+enabled = false")
    by_hand = told.CONFIG.replace("# My aimux.", "# My own aimux.")
    daemon.config.write_text(by_hand, encoding="utf-8")
    page.get_by_role("button", name="Apply").click()
    expect(dialog).to_contain_text("The file was changed meanwhile")
    expect(dialog).to_contain_text("+# My own aimux.")
    assert text_of(daemon) == by_hand

    page.get_by_role("button", name="Make the same change").click()
    apply(page, "+enabled = false")
    assert "# My own aimux." in text_of(daemon)
    assert "enabled = false\n" in text_of(daemon)


def test_a_change_that_is_none_says_so_and_escape_closes(page: Page, daemon: FakeDaemon) -> None:
    go(page, "configuration")
    page.get_by_label("Disable local").click()
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert text_of(daemon) == told.CONFIG


# ---------------------------------------------------------------- now


def test_what_is_wrong_with_a_provider_is_forgotten_on_demand(
    page: Page, daemon: FakeDaemon
) -> None:
    page.get_by_role("button", name="Forget and ask again").click()
    expect(page.locator(".said")).to_contain_text("zai is asked again; forgotten: 1 trouble")
    assert asked_for(daemon, "POST", "/providers/zai/reset") == {}


def test_a_file_that_has_changed_on_the_disk_is_reloaded_on_demand(
    page: Page, daemon: FakeDaemon
) -> None:
    daemon.tell("status", told.status(config_changed_on_disk=True))
    page.get_by_role("button", name="Reload it").click()
    expect(page.locator(".said")).to_contain_text("Reloaded as configuration 5")
    daemon.tell("status", told.status())
    expect(page.get_by_role("button", name="Reload it")).to_have_count(0)


def test_what_was_typed_stays_when_something_else_is_applied(
    page: Page, daemon: FakeDaemon
) -> None:
    go(page, "configuration/server")
    page.get_by_label("Heartbeat").fill("20s")
    page.get_by_label("Keep files").fill("9")
    page.get_by_role("button", name="Review 1 change").last.click()
    apply(page, "+keep_files = 9")
    expect(page.get_by_label("Heartbeat")).to_have_value("20s")


def test_a_refusal_is_told_with_its_hint(page: Page, daemon: FakeDaemon, watch: Watch) -> None:
    watch.expected.append("500")
    page.route(
        re.compile("/routes/test$"),
        lambda route: route.fulfill(
            status=500,
            json={
                "error": {
                    "code": "internal",
                    "message": "aimux has a bug",
                    "hint": "its log says more",
                }
            },
        ),
    )
    go(page, "routes")
    page.get_by_role("region", name="Try a request").get_by_label("Model").fill("x")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("aimux has a bug")
    expect(page.get_by_role("alert")).to_contain_text("its log says more")
