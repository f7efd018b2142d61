"""Rules across keys, by table: one faulty line, the key and place it is told at, and the words."""

from pathlib import Path

import pytest

from aimux.catalogue.load import load_catalogue
from aimux.config.load import load_config
from aimux.config.rules import Presets, find_faults, find_warnings, load_presets
from aimux.errors import ConfigError, Problem
from aimux.model.request import WireFormat

ZAI = '[providers.zai]\npreset = "zai"\n'
BOX = '[providers.box]\nformat = "{}"\nbase_url = "{}"\nkeys = []\n'


def problems_of(folder: Path, text: str) -> list[Problem]:
    path = folder / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    try:
        load_config(path, environ={})
    except ConfigError as error:
        return list(error.problems)
    return []


Row = tuple[str, tuple[int, int], str, str, str | None]
"""A file, then the one problem in it: its place, key, message and suggestion."""


def table(*rows: Row) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows)


def check(folder: Path, row: Row) -> None:
    text, place, key, message, suggestion = row

    found = problems_of(folder, text)

    assert [((each.line, each.column), each.key) for each in found] == [(place, key)]
    assert found[0].message == message
    assert found[0].suggestion == suggestion


@table(
    ("version = true", (1, 11), "version", "must be 1", None),
    ("version = 1.0", (1, 11), "version", "must be 1", None),
    (
        "version = 0",
        (1, 11),
        "version",
        "must be 1, not 0",
        None,
    ),
    (
        '[server]\nhost = "0.0.0.0"',
        (2, 8),
        "server.host",
        "'0.0.0.0' can be reached from other machines; it needs allow_remote = true",
        None,
    ),
    (
        '[server]\nhost = "192.168.1.5"\nallow_remote = true\nauth = "none"',
        (4, 8),
        "server.auth",
        "only a loopback host may go without tokens; '192.168.1.5' needs auth = \"token\"",
        None,
    ),
    (
        '[server]\nhost = "[::1]"',
        (2, 8),
        "server.host",
        "'[::1]' is no host: an IP address or a name, without port",
        "::1",
    ),
    (
        '[server]\nhost = "localhost:8000"',
        (2, 8),
        "server.host",
        "'localhost:8000' is no host: an IP address or a name, without port",
        None,
    ),
    (
        '[server]\nallowed_hosts = ["ok.example", "::1", "*.example"]',
        (2, 39),
        "server.allowed_hosts.2",
        "'*.example' is no host name: no scheme, port, path or wildcard",
        None,
    ),
)
def test_server(tmp_path, row) -> None:
    """Who can reach the daemon, and without what."""
    check(tmp_path, row)


@table(
    (
        "[providers.acme]\nkeys = []",
        (1, 12),
        "providers.acme",
        "needs a preset, or format and base_url",
        None,
    ),
    (
        "[providers.zai]",
        (1, 12),
        "providers.zai",
        'needs a preset, or format and base_url; write preset = "zai"',
        None,
    ),
    (
        '[providers.acme]\nformat = "gemini"',
        (1, 12),
        "providers.acme",
        "needs a preset, or format and base_url",
        None,
    ),
    (
        '[providers.acme]\nbase_url = "https://a.example/v1"',
        (1, 12),
        "providers.acme.format",
        "is missing beside base_url: which format is spoken there?",
        None,
    ),
    (
        '[providers.acme]\npreset = "antropic"',
        (2, 10),
        "providers.acme.preset",
        "'antropic' is not in the catalogue",
        "anthropic",
    ),
    (
        '[providers.acme]\npreset = "anthropic"\nformat = "gemini"',
        (3, 10),
        "providers.acme.format",
        "the preset does not speak 'gemini'; give a base_url that does",
        None,
    ),
    (
        f'{ZAI}keys = ["env:$ZAI_API_KEY"]',
        (3, 9),
        "providers.zai.keys.0",
        "behind env: stands the name of a variable, without $ and braces",
        None,
    ),
    (
        f'{ZAI}keys = ["keyring:zai/a/b"]',
        (3, 9),
        "providers.zai.keys.0",
        "must have the form keyring:provider/label",
        None,
    ),
    (
        f'{ZAI}keys = ["vault:"]',
        (3, 9),
        "providers.zai.keys.0",
        "nothing stands behind vault:",
        None,
    ),
    (
        f'{ZAI}proxy = "http://me:pw@proxy.example"',
        (3, 9),
        "providers.zai.proxy",
        "holds a user name or password, which do not stand in this file",
        None,
    ),
    (
        f'{ZAI}proxy = "http://:80"',
        (3, 9),
        "providers.zai.proxy",
        "is not an address that can be called",
        None,
    ),
)
def test_providers(tmp_path, row) -> None:
    """What it takes to call one, and where its keys may be said to be."""
    check(tmp_path, row)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Host", "aimux sets this header itself for each request"),
        ("content-length", "aimux sets this header itself for each request"),
        ("Transfer-Encoding", "aimux sets this header itself for each request"),
        (
            "Authorization",
            "a header does not hold the key; put the key in the keyring: aimux keys set zai",
        ),
        (
            "X-API-Key",
            "a header does not hold the key; put the key in the keyring: aimux keys set zai",
        ),
        ("x y", "'x y' is no name of a header"),
    ],
)
def test_headers_that_are_not_the_users(tmp_path, header, message) -> None:
    """They are told at the header's name, whatever its case."""
    found = problems_of(tmp_path, f'{ZAI}[providers.zai.headers]\n"{header}" = "v"\n')

    assert [(each.line, each.column, each.message) for each in found] == [(4, 1, message)]


def test_a_header_holds_no_line_break(tmp_path) -> None:
    """It would begin another header."""
    found = problems_of(tmp_path, f'{ZAI}headers = {{ x-a = "a\\r\\nb: c", x-b = "fine" }}\n')

    assert [(each.line, each.column, each.message) for each in found] == [
        (3, 19, "holds a character that no header may hold")
    ]


@pytest.mark.parametrize(
    ("wire_format", "url", "message", "suggestion"),
    [
        (
            "anthropic",
            "https://a.example/v1",
            "must not end in '/v1': aimux adds that",
            "https://a.example",
        ),
        (
            "anthropic",
            "https://a.example/x/v1/messages/",
            "must not end in '/v1/messages': aimux adds that",
            "https://a.example/x",
        ),
        (
            "openai-chat",
            "https://a.example/v1/chat/completions",
            "must not end in '/chat/completions': aimux adds that",
            "https://a.example/v1",
        ),
        (
            "openai-responses",
            "https://a.example/v1/responses",
            "must not end in '/responses': aimux adds that",
            "https://a.example/v1",
        ),
        (
            "gemini",
            "https://a.example/v1beta",
            "must not end in '/v1beta': aimux adds that",
            "https://a.example",
        ),
        (
            "gemini",
            "https://a.example/#x",
            "ends in a query or fragment; a base address has neither",
            None,
        ),
        (
            "gemini",
            "https://a.example?",
            "ends in a query or fragment; a base address has neither",
            None,
        ),
        ("gemini", "https://[::1", "is not an address that can be called", None),
        ("gemini", "https://a.example:99999", "is not an address that can be called", None),
        ("gemini", "https://a.example:0", "is not an address that can be called", None),
        (
            "gemini",
            "https://me@a.example",
            "holds a user name or password; keys do not stand in this file",
            None,
        ),
    ],
)
def test_base_url(tmp_path, wire_format, url, message, suggestion) -> None:
    """As the vendor's own SDK takes it; the right form is offered."""
    text = BOX.format(wire_format, url)

    check(tmp_path, (text, (3, 12), "providers.box.base_url", message, suggestion))


def test_both_faults_of_an_address_are_told_without_its_password(tmp_path) -> None:
    """The better form is not offered, since it would repeat the password."""
    found = problems_of(tmp_path, BOX.format("anthropic", "https://me:pw@a.example/v1"))

    assert [each.message for each in found] == [
        "holds a user name or password; keys do not stand in this file",
        "must not end in '/v1': aimux adds that",
    ]
    assert "pw@" not in "".join(map(str, found))


def test_base_url_is_judged_by_the_format_of_the_preset(tmp_path) -> None:
    """Where the provider itself names none."""
    row = (
        '[providers.a]\npreset = "anthropic"\nbase_url = "https://a.example/v1"',
        (3, 12),
        "providers.a.base_url",
        "must not end in '/v1': aimux adds that",
        "https://a.example",
    )

    check(tmp_path, row)


def test_further_formats_have_base_urls_too(tmp_path) -> None:
    """Each by its own format; one of an unknown format by what all have in common."""
    text = (
        f'{ZAI}[providers.zai.formats]\nanthropic = "https://a.example/v1"\n'
        'opneai-chat = "https://a.example/v1/chat/completions"\n'
    )

    found = problems_of(tmp_path, text)

    assert [(each.line, each.column, each.suggestion) for each in found] == [
        (4, 13, "https://a.example"),
        (5, 1, "openai-chat"),
        (5, 15, "https://a.example/v1"),
    ]


def test_formats_alone_say_enough(tmp_path) -> None:
    """A provider of one's own that speaks two formats."""
    text = '[providers.a]\nformats = { gemini = "https://a.example" }\n'

    assert problems_of(tmp_path, text) == []


@table(
    (
        f'{ZAI}[routing]\ndefault = ["zay/x"]',
        (4, 12),
        "routing.default.0",
        "no provider is named 'zay'",
        "zai/x",
    ),
    (
        '[routing]\ndefault = ["zai/x"]',
        (2, 12),
        "routing.default.0",
        "no provider is named 'zai'; add it: aimux providers add zai",
        None,
    ),
    (
        '[routing]\ndefault = ["qqqq/x"]',
        (2, 12),
        "routing.default.0",
        "no provider is named 'qqqq'",
        None,
    ),
    (
        f'{ZAI}[routing]\ndefault = ["zai/"]',
        (4, 12),
        "routing.default.0",
        "'zai/' names no model behind the slash",
        "zai/*",
    ),
    (
        f'{ZAI}[routing]\ndefault = ["zai/ x"]',
        (4, 12),
        "routing.default.0",
        "'zai/ x' names no model behind the slash",
        "zai/*",
    ),
    (
        f'{ZAI}[routing]\ndefault = ["zai"]',
        (4, 12),
        "routing.default.0",
        "'zai' is no public model and has no provider before it",
        "zai/*",
    ),
    (
        f'{ZAI}[routing]\ndefault = ["zai,glm-4.7"]',
        (4, 12),
        "routing.default.0",
        "'zai,glm-4.7' is no public model and has no provider before it",
        "zai/glm-4.7",
    ),
    (
        f'{ZAI}[models.fast]\ntargets = ["zai/x"]\n[[routes]]\nname = "r"\ntargets = ["fats"]',
        (7, 12),
        "routes.0.targets.0",
        "'fats' is no public model and has no provider before it",
        "fast",
    ),
    (
        f'{ZAI}[models."org/fast"]\ntargets = ["zai/x"]\n[routing]\ndefault = ["orq/fast"]',
        (6, 12),
        "routing.default.0",
        "no provider is named 'orq'",
        "org/fast",
    ),
    (
        f'{ZAI}[budgets.b]\nscope = "all"\nlimit_usd = 1\nat_limit = "degrade"\ntargets = ["x/y"]',
        (7, 12),
        "budgets.b.targets.0",
        "no provider is named 'x'",
        None,
    ),
    (
        f'{ZAI}[models.m]\ntargets = ["m"]',
        (4, 12),
        "models.m.targets.0",
        "leads back to itself: m -> m",
        None,
    ),
)
def test_targets(tmp_path, row) -> None:
    """Where requests may go."""
    check(tmp_path, row)


def test_each_circle_of_public_models_is_told_once(tmp_path) -> None:
    """Two circles: a -> b -> c -> a, and d -> d; what leads into one is no fault."""
    text = (
        f"{ZAI}"
        '[models.a]\ntargets = ["zai/x", "b"]\n'
        '[models.b]\ntargets = ["c"]\n'
        '[models.c]\ntargets = ["a"]\n'
        '[models.d]\ntargets = ["d", "a"]\n'
    )

    found = problems_of(tmp_path, text)

    assert len(found) == 2
    assert all("leads back to itself" in each.message for each in found)
    assert {each.message.count("->") for each in found} == {3, 1}


def test_targets_may_name_public_models_with_slashes(tmp_path) -> None:
    """A public name is looked up before it is taken apart."""
    text = f'{ZAI}[models."org/fast"]\ntargets = ["zai/x"]\n[routing]\ndefault = ["org/fast", "zai/*"]\n'

    assert problems_of(tmp_path, text) == []


@table(
    (
        f'{ZAI}[[routes]]\nname = "r"\ntargets = ["zai/x"]\n[[routes]]\nname = "r"\ntargets = ["zai/y"]',
        (7, 8),
        "routes.1.name",
        "an earlier route is named 'r' as well",
        None,
    ),
    (
        f'{ZAI}[[routes]]\nname = "r"\ntargets = ["zai/x"]\n'
        "match = { min_input_tokens = 5, max_input_tokens = 4 }",
        (6, 30),
        "routes.0.match.min_input_tokens",
        "5 is more than max_input_tokens = 4: nothing can match",
        None,
    ),
    (
        f'{ZAI}[[routes]]\nname = "r"\ntargets = ["zai/x"]\nmatch = {{ model = [] }}',
        (6, 19),
        "routes.0.match.model",
        "is an empty list: nothing can match",
        None,
    ),
    (
        f'{ZAI}[[routes]]\nname = "r"\ntargets = ["zai/x"]\nmatch = {{ time = "9-17" }}',
        (6, 18),
        "routes.0.match.time",
        'must be a time of day such as "14:00-18:00" or "mon-fri 09:00-17:00", not the text \'9-17\'',
        None,
    ),
)
def test_routes(tmp_path, row) -> None:
    """Rules that could never match, or could not be told apart."""
    check(tmp_path, row)


@table(
    (
        '[budgets.b]\nscope = "all"\nlimit_usd = 1\nat_limit = "degrade"',
        (4, 12),
        "budgets.b.at_limit",
        '"degrade" needs targets to go on with',
        None,
    ),
    (
        f'{ZAI}[budgets.b]\nscope = "all"\nlimit_usd = 1\ntargets = ["zai/x"]',
        (6, 1),
        "budgets.b.targets",
        'are used with at_limit = "degrade" only',
        None,
    ),
    (
        f'{ZAI}[budgets.b]\nscope = "provider:zay"\nlimit_usd = 1',
        (4, 9),
        "budgets.b.scope",
        "no provider is named 'zay'",
        "provider:zai",
    ),
    (
        '[budgets.b]\nscope = "provider:zay"\nlimit_usd = 1',
        (2, 9),
        "budgets.b.scope",
        "no provider is named 'zay'",
        None,
    ),
    (
        '[[alerts]]\nwhen = "too many errors"',
        (2, 8),
        "alerts.0.when",
        "must have the form \"error_rate > 0.2 for 5m\", not 'too many errors'",
        None,
    ),
    (
        '[[alerts]]\nwhen = "error_rate > 0.2 for a while"',
        (2, 8),
        "alerts.0.when",
        "must have the form \"error_rate > 0.2 for 5m\", not 'error_rate > 0.2 for a while'",
        None,
    ),
    (
        '[[alerts]]\nwhen = "eror_rate > 0.2"',
        (2, 8),
        "alerts.0.when",
        "no metric is named 'eror_rate'",
        "error_rate",
    ),
    (
        f"{ZAI}[[alerts]]\nwhen = 'error_rate{{provider=\"zay\"}} > 0.2'",
        (4, 8),
        "alerts.0.when",
        "no provider is named 'zay'",
        "zai",
    ),
    (
        f"{ZAI}[[alerts]]\nwhen = 'loop_lag{{provider=\"zai\"}} > 0.2'",
        (4, 8),
        "alerts.0.when",
        "loop_lag is not known by provider; leave {...} out",
        None,
    ),
    (
        '[[alerts]]\nwhen = "error_rate > 0.2"\nnotify = ["log", "dekstop"]',
        (3, 18),
        "alerts.0.notify.1",
        "is no place to send an alert to",
        "desktop",
    ),
    (
        '[[alerts]]\nwhen = "requests>=1 for 1.5h"\nnotify = ["webhook:http://a.example"]',
        (3, 11),
        "alerts.0.notify.0",
        "is no place to send an alert to",
        None,
    ),
)
def test_budgets_and_alerts(tmp_path, row) -> None:
    """What they need, and whom they name."""
    check(tmp_path, row)


@pytest.mark.parametrize(
    "text",
    [
        '[server]\nhost = "localhost"',
        '[server]\nhost = "127.8.8.8"',
        '[server]\nhost = "::1"',
        '[server]\nhost = "0.0.0.0"\nallow_remote = true',
        '[server]\nhost = "box.local"\nallow_remote = true',
        '[providers.o]\npreset = "ollama"',
        '[providers.a]\npreset = "anthropic"\nformat = "gemini"\nbase_url = "https://a.example"',
        f'{ZAI}proxy = "http://proxy.example:8080"',
        f'{ZAI}keys = ["keyring:zai", "vault:zai/x", "env:A_B", "file:~/k", "command:op read x"]',
        f'{ZAI}[budgets.b]\nscope = "provider:zai"\nlimit_usd = 0.5\nat_limit = "stop"\ntargets = []',
        f"{ZAI}[[alerts]]\nwhen = 'quota_used{{ provider = \"zai\" }} >= 0.9'",
        '[[alerts]]\nwhen = "p95_ttft >= 20 for 30s"\nnotify = ["webhook:https://h.example/x"]',
    ],
)
def test_what_is_right_is_left_alone(tmp_path, text) -> None:
    """No rule sees faults where there are none."""
    assert problems_of(tmp_path, text) == []


def test_rules_pass_over_what_the_schema_refuses() -> None:
    """Any shape of data goes through them without a crash."""
    mixed = {"targets": [5], "keys": [5], "formats": {"gemini": 5}, "headers": 5}
    for wrong in (5, "x", [1], [{"targets": 5}], {"x": 5}, {"x": {"targets": 5}}, {"x": mixed}):
        for section in ("server", "providers", "models", "routes", "routing", "budgets", "alerts"):
            data = {section: wrong}

            find_faults(data, {}, {})
            find_warnings(data, {})


def test_every_preset_follows_the_rules_for_addresses() -> None:
    """A preset of the catalogue, written out by hand, is a valid provider without warnings."""
    presets: Presets = load_presets()
    assert "anthropic" in presets
    for name, preset in load_catalogue().items():
        addresses = {str(each): url for each, url in preset.endpoints.items() if url}
        data = {"providers": {name: {"preset": name, "formats": addresses}}}

        assert find_faults(data, presets, {}) == [], name


def test_doubtful_addresses() -> None:
    """Warned of for what is lost, and only then."""

    def doubts(wire_format: WireFormat, url: str) -> list[str]:
        provider = {"format": str(wire_format), "base_url": url}
        return [each.message for each in find_warnings({"providers": {"a": provider}}, {})]

    assert doubts(WireFormat.GEMINI, "http://127.0.0.1:1") == []
    assert doubts(WireFormat.GEMINI, "http://[::1]:1") == []
    assert doubts(WireFormat.GEMINI, "https://a.example") == []
    assert len(doubts(WireFormat.GEMINI, "http://a.example")) == 1
    assert len(doubts(WireFormat.OPENAI_CHAT, "https://a.example/")) == 1
    assert doubts(WireFormat.OPENAI_CHAT, "https://a.example/v1") == []
    assert doubts(WireFormat.GEMINI, "https://[::1") == []
