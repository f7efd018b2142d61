"""Client tokens at the door and behind it: who comes in, for which models, for how much."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

import pytest

from aimux.gateway.snapshot import Snapshot
from aimux.model.request import WireFormat
from aimux.vault.clients import ClientToken
from aimux.vault.tokens import token_hash
from tests.gateway.test_budgets import KINDS, priced, spend
from tests.gateway.test_relay import FORMATS, body_of, path_of
from tests.support import answers
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.gateway import TOKEN, open_gateway, provider, snapshot_of
from tests.support.upstream import FakeUpstream


def of(**more: Any) -> dict[str, Any]:
    """The fields of a snapshot in which the test's token is one that a person has made."""
    made = ClientToken("ci", token_hash(TOKEN), 0.0, **more)
    return fields(snapshot_of([]).with_tokens({}, [made]))


def fields(snapshot: Snapshot) -> dict[str, Any]:
    return {"client_tokens": snapshot.client_tokens, "tokens": snapshot.tokens}


FORBIDDEN = {
    ANTHROPIC: lambda error: error["type"] == "permission_error",
    OPENAI_CHAT: lambda error: error["code"] == "model_forbidden",
    OPENAI_RESPONSES: lambda error: error["code"] == "model_forbidden",
    GEMINI: lambda error: error["status"] == "PERMISSION_DENIED",
}


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_model_that_the_token_does_not_permit(
    format_: WireFormat, upstream: FakeUpstream
) -> None:
    """A 403 in the client's words; nothing is sent."""
    upstream.always(answers.path(format_), answers.answer(format_))
    where, body = path_of(format_, stream=False), body_of(stream=False)
    async with open_gateway([provider("a", upstream, format_)], **of(models=("fast",))) as served:
        got = await served.post(where, body)
        shape = await served.settled()
    async with open_gateway(
        [provider("a", upstream, format_)], **of(models=("asked-*",))
    ) as served:
        well = await served.post(where, body)

    error = json.loads(got.body)["error"]
    assert got.status == 403
    assert FORBIDDEN[format_](error)
    assert "the client token 'ci' does not permit the model 'asked-model'" in error["message"]
    assert shape["client"] == "ci"
    assert well.status == 200
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_token_s_own_budget(format_: WireFormat, upstream: FakeUpstream) -> None:
    """Enforced like any other; others are not held up by it."""
    upstream.always(answers.path(format_), answers.answer(format_))
    where, body = path_of(format_, stream=False), body_of(stream=False)
    made = ClientToken("ci", token_hash(TOKEN), 0.0, limit_usd=50, window="week")
    both = fields(snapshot_of([]).with_tokens({token_hash("mine"): "default"}, [made]))
    async with open_gateway([priced("a", upstream, format_)], **both) as served:
        assert (await served.post(where, body)).status == 200
        await served.settled()
        (budget,) = served.gateway.budget_status()
        assert (budget["scope"], budget["window"]) == ("token:ci", "week")
        assert budget["spent_usd"] == pytest.approx(0.3)

        spend(served, 50, "token:ci")
        got = await served.post(where, body)
        assert got.status == 429
        assert KINDS[format_](json.loads(got.body))
        assert "budget 'token:ci' (token:ci) is spent" in json.loads(got.body)["error"]["message"]
        assert (await served.post(where, body, x_api_key="mine")).status == 200


async def test_a_token_whose_time_is_over(upstream: FakeUpstream) -> None:
    """Refused at the door, with the reason."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    for expires_s, status in ((time.time() - 1, 401), (time.time() + 100, 200)):
        async with open_gateway([provider("a", upstream)], **of(expires_s=expires_s)) as served:
            got = await served.post("/v1/messages", b'{"model":"m"}')
        assert got.status == status
        assert (b"this client token has expired" in got.body) is (status == 401)


async def test_the_list_has_what_is_permitted(upstream: FakeUpstream) -> None:
    """And no word of the others."""

    async def names(changes: dict[str, Any]) -> Iterable[str]:
        each = provider("a", upstream, models=("claude-haiku", "claude-opus"))
        async with open_gateway([each], **changes) as served:
            body = json.loads((await served.get("/v1/models")).body)
            one = await served.get("/v1/models/claude-opus")
        assert one.status == (200 if not changes["tokens"]["ci"].models else 404)
        return [row["id"] for row in body["data"]]

    assert await names(of(models=("*haiku",))) == ["claude-haiku", "a/claude-haiku"]
    assert len(list(await names(of()))) == 4
