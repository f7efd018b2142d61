"""The list of models, in the asker's shape."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from aimux.catalogue.provider import ModelFacts
from tests.support.answers import GEMINI
from tests.support.gateway import Served, open_gateway, provider

FACTS = ModelFacts("glm", display_name="GLM", context=1000, max_output=100)
SETTINGS = {
    "models": {"fast": {"targets": ["zai/glm"]}, "odd": {"targets": ["fast"]}},
    "routing": {"default": ["zai/*", "other/m"]},
}


async def ask(served: Served, path: str, **headers: str) -> Any:
    """The JSON of an address."""
    got = await served.get(path, **headers)
    assert got.status == 200, got.body
    return json.loads(got.body)


def fleet() -> list[Any]:
    """Two providers that can be used and one that cannot."""
    zai = dataclasses.replace(provider("zai", "http://127.0.0.1:9"), models={"glm": FACTS})
    other = provider("other", "http://127.0.0.1:9", GEMINI, models=["m"])
    off = provider("off", "http://127.0.0.1:9", models=["x"], enabled=False)
    return [zai, other, off]


async def test_openai_shape() -> None:
    """Public names first, then bare names of those that take any, then qualified ones."""
    async with open_gateway(fleet(), SETTINGS) as served:
        body = await ask(served, "/v1/models")
        one = await ask(served, "/v1/models/zai/glm")

    assert body["object"] == "list"
    assert [each["id"] for each in body["data"]] == ["fast", "odd", "glm", "zai/glm", "other/m"]
    assert one == {"id": "zai/glm", "object": "model", "created": 0, "owned_by": "zai"}


@pytest.mark.parametrize("headers", [{"anthropic_version": "2023-06-01"}, {"x_api_key": "x"}])
async def test_anthropic_shape(headers: dict[str, str]) -> None:
    """Asked for by the headers that only that SDK sends."""
    async with open_gateway(fleet(), SETTINGS) as served:
        body = await ask(served, "/v1/models?limit=1000", **headers)
        one = await ask(served, "/v1/models/fast", **headers)

    assert (body["first_id"], body["last_id"], body["has_more"]) == ("fast", "other/m", False)
    assert one["display_name"] == "GLM"
    assert one["max_input_tokens"] == 1000
    assert one["max_tokens"] == 100
    assert "max_input_tokens" not in body["data"][-1]


async def test_gemini_shape() -> None:
    """Asked for by the path."""
    async with open_gateway(fleet(), SETTINGS) as served:
        body = await ask(served, "/v1beta/models")
        one = await ask(served, "/v1beta/models/glm")

    assert body["models"][0]["name"] == "models/fast"
    assert one["inputTokenLimit"] == 1000
    assert one["outputTokenLimit"] == 100


async def test_an_unknown_model_is_404() -> None:
    """In the asker's shape."""
    async with open_gateway(fleet(), SETTINGS) as served:
        got = await served.get("/v1/models/nope")

    assert got.status == 404
    assert json.loads(got.body)["error"]["code"] == "model_not_found"


async def test_an_empty_gateway_lists_nothing() -> None:
    """No provider, no model, no error."""
    async with open_gateway() as served:
        body = await ask(served, "/v1/models", anthropic_version="2023-06-01")

    assert body == {"data": [], "has_more": False, "first_id": None, "last_id": None}


async def test_health() -> None:
    """Alive is not ready: ready means that a request could be sent somewhere."""
    async with open_gateway(fleet()) as served:
        assert (await served.get("/health")).status == 200
        ready = await served.get("/health/ready")
        served.gateway.begin_drain()
        draining = await served.get("/health/ready")
    async with open_gateway(fleet()[2:]) as served:
        nobody = await served.get("/health/ready")

    assert ready.status == 200
    assert json.loads(ready.body)["providers"]["off"] == "it is disabled"
    assert (draining.status, nobody.status) == (503, 503)
