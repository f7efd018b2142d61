"""Who may ask, and the smaller questions that SDKs ask: models, token counts, embeddings."""

from __future__ import annotations

import json
from typing import Any, Final

import anthropic
import openai
import pytest
from google import genai

from aimux.model.request import WireFormat
from tests.sdk import anthropic_sdk, gemini_sdk, openai_sdk
from tests.sdk.clients import CLIENTS, Client
from tests.sdk.rig import Rig, public_model
from tests.support.answers import (
    ANTHROPIC,
    GEMINI,
    MODEL,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TEXT,
    answer,
    path,
)
from tests.support.upstream import Answer

REFUSED: Final[dict[WireFormat, type[Exception]]] = {
    ANTHROPIC: anthropic.AuthenticationError,
    OPENAI_CHAT: openai.AuthenticationError,
    OPENAI_RESPONSES: openai.AuthenticationError,
    GEMINI: genai.errors.ClientError,
}


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_a_wrong_token_is_the_sdk_s_own_authentication_error(rig: Rig, client: Client) -> None:
    """The provider hears nothing, and the error does not repeat the token."""
    rig.upstream.always(path(client.format), answer(client.format, TEXT, stream=client.stream))

    with pytest.raises(REFUSED[client.format]) as caught:
        client.ask(rig.url, "sk-test-wrong-token", MODEL)

    status = getattr(caught.value, "status_code", None) or caught.value.code  # type: ignore[attr-defined]  # Google's name for it
    assert status == 401
    assert "wrong-token" not in str(caught.value)
    assert rig.upstream.requests == []


def test_an_auth_token_is_as_good_as_an_api_key(rig: Rig) -> None:
    """Anthropic's SDK shows one as a bearer, the other as x-api-key; aimux takes both."""
    rig.upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    question: dict[str, Any] = {"model": MODEL, "max_tokens": 9, "messages": []}

    for way in ({"auth_token": rig.token}, {"api_key": rig.token}):
        with anthropic.Anthropic(base_url=rig.url, max_retries=0, **way) as client:  # type: ignore[arg-type]  # one of two
            assert client.messages.create(**question).id == "msg_1"


# ---------------------------------------------------------------- models


def test_anthropic_lists_models(rig: Rig) -> None:
    """In Anthropic's shape, which its SDK can page through, and one by one."""
    name = public_model(ANTHROPIC)

    with anthropic_sdk.client_of(rig.url, rig.token) as client:
        names = [model.id for model in client.models.list()]
        one = client.models.retrieve(name)

    assert name in names
    assert (one.id, one.type) == (name, "model")


async def test_anthropic_lists_models_async(rig: Rig) -> None:
    """The same for async programs, with a limit as Claude Code sets it."""
    async with anthropic_sdk.async_client_of(rig.url, rig.token) as client:
        names = [model.id async for model in client.models.list(limit=1000)]

    assert public_model(ANTHROPIC) in names


def test_openai_lists_models(rig: Rig) -> None:
    """In OpenAI's shape."""
    name = public_model(OPENAI_CHAT)

    with openai_sdk.client_of(rig.url, rig.token) as client:
        names = [model.id for model in client.models.list()]
        one = client.models.retrieve(name)

    assert name in names
    assert (one.id, one.object) == (name, "model")


async def test_openai_lists_models_async(rig: Rig) -> None:
    """The same for async programs."""
    async with openai_sdk.async_client_of(rig.url, rig.token) as client:
        names = [model.id async for model in client.models.list()]

    assert public_model(OPENAI_RESPONSES) in names


def test_gemini_lists_models(rig: Rig) -> None:
    """In Google's shape, under the version that its SDK asks."""
    name = public_model(GEMINI)

    with gemini_sdk.client_of(rig.url, rig.token) as client:
        names = [model.name for model in client.models.list()]
        one = client.models.get(model=name)

    assert f"models/{name}" in names
    assert one.name == f"models/{name}"


async def test_gemini_lists_models_async(rig: Rig) -> None:
    """The same for async programs."""
    async with gemini_sdk.client_of(rig.url, rig.token).aio as client:
        names = [model.name async for model in await client.models.list()]

    assert f"models/{public_model(GEMINI)}" in names


def test_an_unknown_model_is_the_sdk_s_own_not_found(rig: Rig) -> None:
    """Asking about one model that is not there."""
    with (
        anthropic_sdk.client_of(rig.url, rig.token) as client,
        pytest.raises(anthropic.NotFoundError),
    ):
        client.models.retrieve("no-such-model")
    with openai_sdk.client_of(rig.url, rig.token) as other, pytest.raises(openai.NotFoundError):
        other.models.retrieve("no-such-model")
    with (
        gemini_sdk.client_of(rig.url, rig.token) as third,
        pytest.raises(genai.errors.ClientError) as caught,
    ):
        third.models.get(model="no-such-model")

    assert caught.value.code == 404


# ---------------------------------------------------------------- the smaller questions


def _json(value: object) -> Answer:
    return Answer(pieces=(json.dumps(value).encode(),))


def test_anthropic_counts_tokens(rig: Rig) -> None:
    """Relayed to the provider's own counter."""
    rig.upstream.script("/v1/messages/count_tokens", _json({"input_tokens": 17}))

    with anthropic_sdk.client_of(rig.url, rig.token) as client:
        counted = client.messages.count_tokens(
            model=public_model(ANTHROPIC), messages=[{"role": "user", "content": "hi"}]
        )

    assert counted.input_tokens == 17
    assert json.loads(rig.upstream.wait(1).body)["model"] == MODEL


def test_gemini_counts_tokens(rig: Rig) -> None:
    """Relayed to the provider's own counter."""
    rig.upstream.script("/v1*/models/*", _json({"totalTokens": 17}))

    with gemini_sdk.client_of(rig.url, rig.token) as client:
        counted = client.models.count_tokens(model=public_model(GEMINI), contents="hi")

    assert counted.total_tokens == 17
    assert rig.upstream.wait(1).path.endswith(f"/models/{MODEL}:countTokens")


def test_openai_embeds(rig: Rig) -> None:
    """Relayed to a provider that has it; the vector comes back as it was."""
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    listing = {"object": "list", "data": [vector], "model": MODEL, "usage": usage}
    rig.upstream.script("/v1/embeddings", _json(listing))

    with openai_sdk.client_of(rig.url, rig.token) as client:
        made = client.embeddings.create(model=MODEL, input="hi", encoding_format="float")

    assert made.data[0].embedding == [0.5, -0.25]
