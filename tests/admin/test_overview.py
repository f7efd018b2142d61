"""Sessions and rules, as the dashboard shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aimux.admin.overview import MOST_SESSIONS, Overview
from aimux.config.schema import Config
from aimux.routing.affinity import Affinity
from aimux.routing.plan import Step
from aimux.routing.sessions import pinned_sessions
from aimux.routing.state import MemoryState
from tests.support.face import open_face
from tests.support.records import candidate

RULES: dict[str, Any] = {
    "providers": {
        "a": {"format": "anthropic", "base_url": "http://127.0.0.1:1", "keys": []},
        "b": {"format": "anthropic", "base_url": "http://127.0.0.1:1", "keys": []},
    },
    "models": {"fast": {"targets": ["a/m", "b/m"], "strategy": "cheapest"}},
    "routes": [
        {
            "name": "long",
            "match": {"min_input_tokens": 1000},
            "targets": ["fast", "b/n"],
            "failover_on": ["refusal"],
        }
    ],
    "routing": {"default": ["a/*"]},
}


def test_where_conversations_are() -> None:
    """The latest first; what is warm where it is now, and not what was warm elsewhere."""
    state = MemoryState()
    affinity = Affinity(state)
    affinity.answered("old", Step(candidate("a"), "main"), 5000, 300, 100.0)
    affinity.answered("new", Step(candidate("a"), "main"), 9000, 300, 150.0)
    affinity.answered("new", Step(candidate("b"), "second"), 2000, 60, 200.0)
    affinity.answered("short", Step(candidate("a"), ""), 10, 300, 210.0)
    state.put(("quota", "a", "main", ""), (1,), 999.0)

    now = pinned_sessions(state.dump(230.0), 230.0, 10)
    later = pinned_sessions(state.dump(500.0), 500.0, 2)

    assert [tuple(each) for each in now] == [
        ("short", "a/m", "", 0, 20.0, None),
        ("new", "b/m", "second", 2000, 30.0, 30.0),
        ("old", "a/m", "main", 5000, 130.0, 170.0),
    ]
    assert [tuple(each) for each in later] == [
        ("short", "a/m", "", 0, 290.0, None),
        ("new", "b/m", "second", 0, 300.0, None),
    ]


async def test_both_addresses(tmp_path: Path) -> None:
    """With the session; bounded."""
    state, config = MemoryState(), Config.model_validate(RULES)
    affinity = Affinity(state)
    for number in range(MOST_SESSIONS + 5):
        affinity.answered(f"s{number}", Step(candidate(), ""), 5000, 300, float(number))

    def more(_: Any) -> list[Any]:
        return [Overview(state, lambda: config, lambda: 300.0, lambda value: value).register]

    async with open_face(tmp_path, more=more) as face:
        assert (await face.get("/aimux/v1/sessions"))[0] == 401
        await face.log_in()
        _, sessions = await face.get("/aimux/v1/sessions")
        _, routes = await face.get("/aimux/v1/routes")

    assert len(sessions["sessions"]) == MOST_SESSIONS
    assert sessions["sessions"][0] == {
        "session": "s204",
        "target": "a/m",
        "key": "",
        "cached_tokens": 5000,
        "last_used_s": 96.0,
        "expires_s": 204.0,
    }
    (rule,) = routes["routes"]
    assert rule["name"] == "long"
    assert rule["targets"] == ["fast", "b/n"]
    assert rule["strategy"] == "priority"
    assert rule["sentence"].endswith(
        "goes to fast (a/m or b/m, the cheapest first), then b/n; "
        "the next one is also asked when one refuses the request for its content"
    )
    assert routes["models"]["fast"]["sentence"] == "goes to a/m or b/m, the cheapest first"
    assert routes["default"] == ["a/*"]
    assert routes["default_sentence"] == "every other request: goes to a/*"
