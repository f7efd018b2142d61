"""The schema's faults in our own words, with the cure of the usual slip."""

import tomllib

import pytest

from aimux.config.faults import Fault, closest, shown
from aimux.config.validate import validate


def faults_of(text: str) -> list[Fault]:
    config, faults = validate(tomllib.loads(text))
    assert (config is None) == bool(faults)
    return faults


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]\nport = 70000", "must be a whole number from 0 to 65535, not 70000"),
        ("[server]\nport = 8000.0", "must be a whole number from 0 to 65535, not 8000.0"),
        ("[server]\nport = true", "must be a whole number from 0 to 65535, not true"),
        ("[server]\nhost = 5", "must be a text, not 5; put it in quotes"),
        ("[server]\nhost = false", "must be a text, not false; put it in quotes"),
        ("[server]\nhost = 1979-05-27", "must be a text, not a date or time"),
        ("[server]\nhost = 07:32:00", "must be a text, not a date or time"),
        (
            '[server]\ndashboard = "true"',
            "must be true or false, not the text 'true'; leave out the quotes",
        ),
        ('[server]\ndashboard = "ja"', "must be true or false, not the text 'ja'"),
        (
            "[server]\ndashboard = \"'x'\"",
            "must be true or false, not the text \"'x'\"",
        ),
        ('[server]\nheartbeat = "1h"', "must be at most '4m', not the text '1h'"),
        ('[server]\nheartbeat = "10ms"', "must be at least '100ms', not the text '10ms'"),
        (
            '[server]\nheartbeat = "10 s"',
            'must be a duration in quotes, such as "500ms", "30s", "5m" or "2h", not the text \'10 s\'',
        ),
        (
            "[server]\nallowed_hosts = 'a'",
            "must be a list of texts, not the text 'a'; put it in [ ]",
        ),
        (
            "[providers.a.timeouts]\nidle = '0s'",
            "must be longer than '0s', not the text '0s'",
        ),
        (
            "[providers.a.models.b.price]\ninput = '5'",
            "must be a number of 0 or more, not the text '5'; leave out the quotes",
        ),
        ("[providers.a.models.b.price]\ninput = nan", "must be a number of 0 or more, not nan"),
        ("[providers.a.models.b.price]\ninput = true", "must be a number of 0 or more, not true"),
        ("[budgets.a]\nscope = 'all'\nlimit_usd = 0", "must be a number above 0, not 0"),
        ("[models.a]\ntargets = []", "must not be empty"),
        ("[[alerts]]\nwhen = ''", "must not be empty"),
        ("[[server]]\nport = 1", "must be a table, not a list; write [server]"),
        ("[[providers]]\nport = 1", "must be a table, not a list; write [providers.NAME]"),
        ("[routes]\nname = 'a'", "must be a list of tables, not a table; write [[routes]]"),
        ("providers = 5", "must be a table, not 5"),
        ("routes = [5]", "must be a table, not 5"),
        (
            "[[routes]]\nname='a'\ntargets=['a/b']\nmatch={client=5}",
            "must be a text, or a list of texts, not 5",
        ),
        (
            "version = 7",
            "version 7 was written for a later aimux; this one reads version 1: update aimux",
        ),
        ("version = 'x'", "must be 1, not the text 'x'"),
        ("[logging]\nlevel = 5", "cannot be 5"),
    ],
)
def test_wrong_values(text, message) -> None:
    """One fault each, at the value."""
    found = faults_of(text)

    assert [each.message for each in found] == [message]
    assert found[0].at == "value"


@pytest.mark.parametrize(
    ("text", "path", "suggestion", "allowed"),
    [
        ("[logging]\nlvel = 1", ("logging", "lvel"), "level", "level, format, max_file_mb, keep_files"),
        ("[providers.a]\nbaseUrl = 'x'", ("providers", "a", "baseUrl"), "base_url", None),
        ("[providers.a]\nbase-url = 'x'", ("providers", "a", "base-url"), "base_url", None),
        (
            "port = 1",
            ("port",),
            "server.port",
            "version, server, logging, ledger, replay, providers, models, routes, routing, budgets, alerts",
        ),
        ("[logging]\nzzz = 1", ("logging", "zzz"), None, "level, format, max_file_mb, keep_files"),
        (
            "[providers.a.formats]\nopenai = 'https://x'",
            ("providers", "a", "formats", "openai"),
            "openai-chat",
            "anthropic, openai-chat, openai-responses, gemini",
        ),
    ],
)  # fmt: skip
def test_unknown_names(text, path, suggestion, allowed) -> None:
    """Told at the name, with what was meant and what there is."""
    found = faults_of(text)

    assert [(each.path, each.at) for each in found] == [(path, "key")]
    assert (found[0].suggestion, found[0].allowed) == (suggestion, allowed)


def test_a_key_of_a_provider_is_sent_where_keys_belong() -> None:
    """Whatever people call it, before it even looks like one."""
    for name in ("key", "api_key", "apiKey", "token"):
        found = faults_of(f"[providers.zai]\npreset = 'zai'\n{name} = 'x'")

        assert found[0].message == (
            f"unknown key {name!r}; a key does not stand in this file: aimux keys set zai"
        )
        assert found[0].suggestion == "keys"


@pytest.mark.parametrize(
    ("match", "paths"),
    [
        ("tools = 5", [("tools",)]),
        ("tools = ['a', 5]", [("tools", 1)]),
        ("tools = ['a', 5, 'b', true]", [("tools", 1), ("tools", 3)]),
        ("model = [1, 2]", [("model", 0), ("model", 1)]),
        ("header = { a = 1 }", [("header", "a")]),
    ],
)
def test_a_value_of_several_types_is_one_fault(match, paths) -> None:
    """Not one for each type that it might have had."""
    found = faults_of(f"[[routes]]\nname = 'a'\ntargets = ['x/y']\nmatch = {{ {match} }}")

    assert [each.path[3:] for each in found] == paths


def test_a_bad_name_and_what_stands_below_it_are_both_told() -> None:
    """The name at its place, the rest as if it were good."""
    found = faults_of('[providers."a b"]\npreset = 5')

    assert [(each.path, each.at) for each in found] == [
        (("providers", "a b"), "key"),
        (("providers", "a b", "preset"), "value"),
    ]


def test_a_missing_key_is_told_with_what_it_must_be() -> None:
    """At the table that lacks it."""
    found = faults_of("[[routes]]\n[[alerts]]")

    assert [(each.path, each.message) for each in found] == [
        (
            ("routes", 0, "name"),
            "is missing; it must be a name of letters, digits, '.', '_' and '-', beginning with a"
            " letter or digit",
        ),
        (("routes", 0, "targets"), "is missing; it must be a list of texts"),
        (("alerts", 0, "when"), "is missing; it must be a text"),
    ]


def test_a_name_of_pydantics_own_is_a_name_like_any_other() -> None:
    """A table may have a key called [key]."""
    found = faults_of('[models."[key]"]\ntargets = 5')

    assert [each.path for each in found] == [("models", "[key]", "targets")]


def test_values_are_shown_short_and_without_secrets() -> None:
    """Long ones are cut; what may be a key is only named by its type."""
    assert shown("x" * 100) == f"the text {'x' * 57 + '...'!r}"
    assert shown("https://me:pw@a.example") == "a text"
    assert shown("hunter2", ("providers", "a", "keys", 0)) == "a text"
    assert shown(None) == "this"


def test_nothing_near_is_no_suggestion() -> None:
    """Nor is anything near to what is no text."""
    assert closest("qqq", ("host", "port")) is None
    assert closest(5, ("5",)) is None
    assert closest("Max-Body-MB", ("max_body_mb",)) == "max_body_mb"
