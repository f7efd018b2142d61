"""A provider's list of models, asked of real sockets, and every way it can fail."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aimux.catalogue.provider import Provider
from aimux.catalogue.resolve import resolve_provider
from aimux.config.keyref import parse_key_reference
from aimux.config.schema import ProviderSettings
from aimux.upstream.models import MAX_MODELS, MAX_NAME, ModelList, list_models
from aimux.upstream.outcome import MAX_SHOWN
from aimux.upstream.probe import MAX_BODY_BYTES
from aimux.vault.secret import HIDDEN, Credential, Secret
from tests.support.certificates import self_signed
from tests.support.upstream import CUT, FOREVER, RESET, SILENCE, Answer, FakeUpstream

KEY = "sk-test-0123456789-wxyz"
JSON = (("content-type", "application/json"),)


def provider_at(url: str, wire_format: str = "openai-chat", **settings: Any) -> Provider:
    settings = {"format": wire_format, "base_url": url, "timeouts": {"connect": "2s"}} | settings
    return resolve_provider("mine", ProviderSettings.model_validate(settings))


def key_for(provider: Provider, key: str = KEY) -> Credential:
    hosts = frozenset(each.host for each in provider.endpoints.values())
    return Credential(provider.name, "default", parse_key_reference("env:K"), Secret(key), hosts)


async def ask(provider: Provider, *, key: str | None = KEY, timeout_s: float = 5.0) -> ModelList:
    credential = None if key is None else key_for(provider, key)
    return await list_models(provider, credential, timeout_s=timeout_s)


def said(value: object, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(status, (*JSON, *headers), (json.dumps(value).encode(),))


# ---------------------------------------------------------------- what is asked


@pytest.mark.parametrize(
    ("settings", "target", "sent"),
    [
        (
            {"format": "openai-chat", "base_url": "/v1"},
            "/v1/models",
            {"authorization": f"Bearer {KEY}", "anthropic-version": None, "x-api-key": None},
        ),
        (
            {"format": "openai-responses", "base_url": "/openai/v1"},
            "/openai/v1/models",
            {"authorization": f"Bearer {KEY}"},
        ),
        (
            {"format": "anthropic", "base_url": "/a"},
            "/a/v1/models?limit=1000",
            {"x-api-key": KEY, "anthropic-version": "2023-06-01", "authorization": None},
        ),
        (
            {"format": "gemini", "base_url": ""},
            "/v1beta/models?pageSize=1000",
            {"x-goog-api-key": KEY, "authorization": None},
        ),
        (
            {"format": "openai-chat", "base_url": "/v1", "keys": []},
            "/v1/models",
            {"authorization": None, "x-api-key": None},
        ),
        (
            {"format": "openai-chat", "base_url": "/v1", "headers": {"OpenAI-Project": "p"}},
            "/v1/models",
            {"openai-project": "p", "accept": "application/json", "cookie": None},
        ),
    ],
)
async def test_the_list_is_asked_as_the_vendor_takes_it(
    upstream: FakeUpstream, settings: dict[str, Any], target: str, sent: dict[str, str | None]
) -> None:
    """Path, key header and version header follow the format; own headers go along."""
    upstream.always("*", said({"data": []}))
    settings["base_url"] = upstream.url + settings["base_url"]
    provider = resolve_provider("mine", ProviderSettings.model_validate(settings))

    result = await ask(provider, key=None if settings.get("keys") == [] else KEY)

    received = upstream.wait()
    assert result.answer.ok
    assert (received.method, received.target) == ("GET", target)
    assert {name: received.header(name) for name in sent} == sent


async def test_a_presets_list_is_asked_with_the_auth_of_its_own_address(
    upstream: FakeUpstream,
) -> None:
    """A vendor that takes its key differently by format gets it as the list's address has it."""
    upstream.always("*", said({"data": []}))
    settings = {
        "preset": "deepseek",
        "format": "openai-chat",
        "base_url": f"{upstream.url}/v1",
        "formats": {"anthropic": f"{upstream.url}/anthropic"},
    }

    await ask(resolve_provider("mine", ProviderSettings.model_validate(settings)))

    received = upstream.wait()
    assert received.target == "/v1/models"
    assert received.header("authorization") == f"Bearer {KEY}"
    assert received.header("x-api-key") is None


async def test_a_key_is_not_sent_to_a_foreign_host(upstream: FakeUpstream) -> None:
    """A key that is bound elsewhere stays here: nothing is sent at all."""
    provider = provider_at(f"{upstream.url}/v1")
    elsewhere = key_for(provider_at("https://api.example.com/v1"))

    result = await list_models(provider, elsewhere)

    assert result.answer.outcome == "wrong-host"
    assert "aimux keys set mine" in str(result.answer.hint)
    assert upstream.connections == 0


async def test_a_provider_without_a_list_is_not_asked() -> None:
    """The built-in provider has no address before a daemon runs."""
    result = await ask(resolve_provider("demo", ProviderSettings(preset="demo")), key=None)

    assert (result.answer.outcome, result.url, result.models) == ("no-list", None, ())


# ---------------------------------------------------------------- what is understood


@pytest.mark.parametrize(
    ("value", "models"),
    [
        ({"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b"}]}, ("a", "b")),
        ({"data": [{"type": "model", "id": "claude-x", "display_name": "X"}], "has_more": False},
         ("claude-x",)),
        ({"models": [{"name": "models/gemini-x"}, {"name": "models/embed"}]}, ("gemini-x", "embed")),
        ([{"id": "bare"}], ("bare",)),
        ({"data": []}, ()),
        ({"data": [{"id": "a"}, {"id": "a"}]}, ("a",)),
        ({"data": [{"id": "hf:org/name"}, {"id": "vendor/model:free"}]},
         ("hf:org/name", "vendor/model:free")),
        ({"data": [{"id": 1}, {"id": ""}, {}, None, "x", {"id": "ok"}]}, ("ok",)),
        ({"data": [{"id": "bad\x1b[2J"}, {"id": "two\nlines"}, {"id": "ok"}]}, ("ok",)),
        ({"data": [{"id": "x" * (MAX_NAME + 1)}, {"id": "y" * MAX_NAME}]}, ("y" * MAX_NAME,)),
    ],
)  # fmt: skip
async def test_lists_of_three_vendors_are_read(
    upstream: FakeUpstream, value: object, models: tuple[str, ...]
) -> None:
    """OpenAI's, Anthropic's and Gemini's shapes; what is no decent name is left out."""
    upstream.always("*", said(value))

    result = await ask(provider_at(f"{upstream.url}/v1"))

    assert result.models == models
    assert result.answer.ok
    assert result.answer.status == 200
    assert result.answer.latency_ms is not None
    assert result.answer.clock_ahead_s is None
    assert result.answer.value is None


async def test_a_list_without_end_is_cut(upstream: FakeUpstream) -> None:
    """No provider fills our memory or the terminal."""
    upstream.always("*", said({"data": [{"id": f"m{n}"} for n in range(MAX_MODELS + 5)]}))

    result = await ask(provider_at(f"{upstream.url}/v1"))

    assert len(result.models) == MAX_MODELS


# ---------------------------------------------------------------- how it fails: an answer came


@pytest.mark.parametrize(
    ("answer", "outcome", "words", "hint"),
    [
        (said({"error": {"message": "no"}}, 401), "unauthorized", "the key is refused (401)",
         "aimux keys set mine"),
        (said({"error": "no credit"}, 402), "billing", "no credit", "billing"),
        (said({"error": {"message": "not here"}}, 403), "forbidden", "'not here'", "allowed"),
        (said({"detail": "Not Found"}, 404), "not-found", "'Not Found'", "aimux providers show mine"),
        (said({}, 405), "not-found", "(405)", "check the address"),
        (said({}, 429, ("retry-after", "17")), "rate-limited", "again in 17 s", "later"),
        (said({}, 429, ("retry-after", "\xb2")), "rate-limited", "too many requests (429)", "later"),
        (said({"message": "boom"}, 500), "server-error", "'boom'", None),
        (said({}, 529), "server-error", "(529)", None),
        (said({"msg": "odd"}, 418), "status", "answered 418: 'odd'", None),
        (said({}, 301, ("location", "https://other.example/v1")), "redirect", "'other.example'",
         "base_url"),
        (said({}, 302, ("location", "http://[")), "redirect", "redirects (302)", "base_url"),
        (said({}, 307, ("location", "/elsewhere")), "redirect", "redirects (307)", "base_url"),
        (Answer(200, (("content-type", "text/html"),), (b"<html>",)), "not-json", "'text/html'",
         "web page"),
        (Answer(200, JSON, (b"",)), "not-json", "not with JSON", "web page"),
        (Answer(200, JSON, (b"[" * 100_000,)), "not-json", "not with JSON", "web page"),
        (said({"error": {"message": "spent"}}), "error-in-200", "'spent'", None),
        (said({"success": False, "code": 401, "msg": "token expired"}), "error-in-200",
         "'token expired'", None),
        (said({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}), "error-in-200",
         "'login fail'", None),
        (said({"error": True}), "error-in-200", "no reason given", None),
        (said({"error": {"error": {"error": {"message": "deep"}}}}), "error-in-200",
         "no reason given", None),
        (said({"hello": "world"}), "no-list", "no list of models", None),
        (said("text"), "no-list", "no list of models", None),
        (said({"data": {"id": "a"}}), "no-list", "no list of models", None),
        (Answer(200, JSON, (b"0" * (MAX_BODY_BYTES + 1),)), "too-large", "far more", None),
        (Answer(200, JSON, (b"{", CUT, b"}")), "closed", "closed the connection", "base_url"),
        (Answer(200, JSON, (b"{", RESET, b"}")), "closed", "closed the connection", "base_url"),
        (Answer(before=(CUT,)), "closed", "closed the connection", "base_url"),
        (Answer(before=(b"SSH-2.0-OpenSSH_9.2\r\n", CUT)), "not-http", "is not HTTP", "https://"),
    ],
)  # fmt: skip
async def test_each_failure_is_told_apart(
    upstream: FakeUpstream, answer: Answer, outcome: str, words: str, hint: str | None
) -> None:
    """A person reads what is wrong and what to do, never a class name."""
    upstream.always("*", answer)

    result = await ask(provider_at(f"{upstream.url}/v1"))

    assert result.answer.outcome == outcome
    assert words in result.answer.message
    assert (hint or "") in (result.answer.hint or "")
    assert result.models == ()


async def test_a_missing_key_is_told_from_a_wrong_one(upstream: FakeUpstream) -> None:
    """401 without a key asks for one."""
    upstream.always("*", said({}, 401))

    result = await ask(provider_at(f"{upstream.url}/v1", keys=[]), key=None)

    assert result.answer.message == "a key is wanted (401)"


async def test_a_redirect_is_not_followed(upstream: FakeUpstream) -> None:
    """A key does not travel, not even to the same host."""
    upstream.script("/v1/models", said({}, 308, ("location", f"{upstream.url}/there")))
    upstream.always("/there", said({"data": []}))

    result = await ask(provider_at(f"{upstream.url}/v1"))

    assert result.answer.outcome == "redirect"
    assert [each.path for each in upstream.requests] == ["/v1/models"]


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}",
        "Incorrect API key provided: sk-test-*****",
        "the key ending in wxyz is unknown",
        "another key: sk-ant-abcdefghijklmnopqrst",
    ],
)
async def test_a_providers_words_never_show_a_part_of_a_key(
    upstream: FakeUpstream, text: str
) -> None:
    """Vendors quote keys in their errors; we do not."""
    upstream.always("*", said({"error": {"message": text}}, 403))

    result = await ask(provider_at(f"{upstream.url}/v1"))

    shown = str(result)
    assert HIDDEN in shown
    assert not any(part in shown for part in (KEY[:8], KEY[-4:], "sk-ant"))


async def test_a_providers_words_are_bounded_and_cannot_drive_a_terminal(
    upstream: FakeUpstream,
) -> None:
    """A page of text or an escape sequence is no error message."""
    upstream.always("*", said({"error": {"message": "a\x1b[2J\r\n" + "b" * 100_000}}, 500))

    message = (await ask(provider_at(f"{upstream.url}/v1"))).answer.message

    assert len(message) < MAX_SHOWN + 100
    assert message.isprintable()


# ---------------------------------------------------------------- how it fails: no answer


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody listens, and nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_a_refused_connection_is_told(closed_port: int) -> None:
    """The usual case with a server on one's own machine: it does not run."""
    answer = (await ask(provider_at(f"http://127.0.0.1:{closed_port}/v1"))).answer

    assert answer.outcome == "refused"
    assert answer.message == f"127.0.0.1:{closed_port} refused the connection"
    assert (answer.status, answer.latency_ms) == (None, None)


async def test_a_refused_connection_to_localhost_is_told(closed_port: int) -> None:
    """The name stands for two addresses; both refuse."""
    answer = (await ask(provider_at(f"http://localhost:{closed_port}/v1"))).answer

    assert answer.outcome == "refused"


async def test_an_unknown_name_is_told() -> None:
    """A name that is longer than DNS allows has no address; the resolver says so by itself."""
    name = ".".join(["a" * 60] * 5)

    answer = (await ask(provider_at(f"http://{name}/v1"))).answer

    assert answer.outcome == "dns"
    assert f"{name}:80" in answer.message


async def test_a_name_that_is_none_is_told() -> None:
    """Two dots in a row: nothing can be asked of such a host."""
    answer = (await ask(provider_at("http://models..example/v1"))).answer

    assert answer.outcome == "unsendable"


async def test_silence_is_told(upstream: FakeUpstream) -> None:
    """A server that takes the request and never answers."""
    upstream.always("*", SILENCE)

    answer = (await ask(provider_at(f"{upstream.url}/v1"), timeout_s=0.2)).answer

    assert (answer.outcome, answer.message.endswith("did not answer within 0.2 s")) == (
        "timeout", True
    )  # fmt: skip


async def test_half_an_answer_is_told(upstream: FakeUpstream) -> None:
    """A server that stops in the middle is no better than a silent one."""
    upstream.always("*", Answer(200, JSON, (b'{"data"', FOREVER, b":[]}")))

    answer = (await ask(provider_at(f"{upstream.url}/v1"), timeout_s=0.2)).answer

    assert answer.outcome == "timeout"


async def test_a_connection_that_is_not_taken_is_told() -> None:
    """A full backlog swallows the SYN, as a firewall does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(("127.0.0.1", port))
            provider = provider_at(f"http://127.0.0.1:{port}/v1", timeouts={"connect": "200ms"})

            answer = (await ask(provider)).answer

    assert answer.outcome == "timeout"


async def test_an_untrusted_certificate_is_told_and_ca_file_trusts_it(tmp_path: Path) -> None:
    """TLS is verified; a certificate authority of one's own is named in the configuration."""
    context, trusted = self_signed(tmp_path)
    with FakeUpstream(tls=context) as upstream:
        upstream.always("*", said({"data": [{"id": "m"}]}))

        refused = await ask(provider_at(f"{upstream.url}/v1"))
        taken = await ask(provider_at(f"{upstream.url}/v1", ca_file=str(trusted)))

    assert refused.answer.outcome == "tls"
    assert "self-signed" in refused.answer.message.replace(" ", "-")
    assert "ca_file" in str(refused.answer.hint)
    assert taken.models == ("m",)


async def test_tls_with_a_server_that_has_none_is_told() -> None:
    """https:// in place of http:// is a common slip."""

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = (await ask(provider_at(f"https://127.0.0.1:{port}/v1"))).answer

    assert answer.outcome == "tls"
    assert answer.message == f"no trusted TLS with 127.0.0.1:{port}"
    assert "http://" in str(answer.hint)


async def test_an_address_without_a_way_is_told() -> None:
    """The broadcast address takes no connection, on any machine."""
    answer = (await ask(provider_at("http://255.255.255.255:9/v1"))).answer

    assert answer.outcome == "unreachable"
    assert "255.255.255.255:9 cannot be reached: " in answer.message


@pytest.mark.parametrize("content", [None, "not a certificate"])
async def test_certificates_that_cannot_be_read_are_told(
    tmp_path: Path, content: str | None
) -> None:
    """A wrong ca_file is the user's to mend, and is named."""
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)

    answer = (await ask(provider_at("https://127.0.0.1:1/v1", ca_file=str(ca_file)))).answer

    assert answer.outcome == "tls"
    assert str(ca_file) in answer.message


async def test_a_proxy_that_is_not_there_is_told(closed_port: int) -> None:
    """The proxy is at fault, not the provider."""
    provider = provider_at("http://models.invalid/v1", proxy=f"http://127.0.0.1:{closed_port}")

    answer = (await ask(provider)).answer

    assert answer.outcome == "proxy"
    assert "proxy" in str(answer.hint)


async def test_a_proxy_is_used(upstream: FakeUpstream) -> None:
    """The provider's proxy gets the request, with the whole address."""
    upstream.always("*", said({"data": [{"id": "m"}]}))

    result = await ask(provider_at("http://models.invalid/v1", proxy=upstream.url))

    assert result.models == ("m",)
    assert upstream.wait().target == "http://models.invalid/v1/models"


async def test_proxy_variables_of_the_environment_are_not_read(
    upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key goes where the configuration says and nowhere else."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    upstream.always("*", said({"data": []}))

    assert (await ask(provider_at(f"{upstream.url}/v1"))).answer.ok


@pytest.mark.parametrize("key", ["line\nbreak", "nul\0"])
async def test_a_key_that_no_header_can_carry_is_not_shown(
    upstream: FakeUpstream, key: str
) -> None:
    """What aiohttp says of such a header would repeat it."""
    result = await ask(provider_at(f"{upstream.url}/v1"), key=key)

    assert result.answer.outcome == "unsendable"
    assert key not in str(result)
    assert upstream.requests == []
