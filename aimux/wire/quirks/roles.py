"""Who gives instructions, and where they may stand."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import inner, objects, word
from aimux.wire.target import Target

ATTRIBUTION: Final = "x-anthropic-billing-header:"
"""How the line begins that Claude Code puts before its instructions.  Anthropic takes it out by its
place; for anybody else it is part of the prompt, and before 2.1.181 it changed with every request.
"""


def developer_as_system(body: dict[str, Any], target: Target) -> list[Loss]:
    """Instructions have the one role that every vendor knows.  Responses items of another type than a
    message keep theirs: ``additional_tools`` are the developer's by definition.
    """
    del target
    for key in ("messages", "input"):
        for _, turn in objects(body.get(key)):
            is_message = key == "messages" or turn.get("type", "message") == "message"
            if is_message and turn.get("role") == "developer":
                turn["role"] = "system"
    return []


def without_attribution(body: dict[str, Any], target: Target) -> list[Loss]:
    """The client's billing line does not go to a foreign provider (edge 200)."""
    del target
    blocks = body.get("system")
    first = blocks[0] if isinstance(blocks, list) and blocks else None
    if not word(inner(first).get("text")).startswith(ATTRIBUTION):
        return []
    del body["system"][0]
    if not body["system"]:
        del body["system"]
    return [Loss("attribution.stripped", "system[0]")]


def without_middle_system(body: dict[str, Any], target: Target) -> list[Loss]:
    """Instructions between the turns become part of the user's turn beside them, behind the results of
    tools; they are never moved to the top, which would break the provider's cache (edge 196).
    """
    del target
    turns = body.get("messages")
    if not isinstance(turns, list) or not any(_is_system(turn) for turn in turns):
        return []
    kept: list[Any] = []
    body["messages"] = kept
    losses: list[Loss] = []
    waiting: list[dict[str, Any]] = []
    last_user = max((at for at, turn in objects(turns) if turn.get("role") == "user"), default=-1)
    for at, turn in enumerate(turns):
        if _is_system(turn):
            losses.append(Loss("system.midconv_wrapped", f"messages[{at}]"))
            raise_effort(body, turn)
            if turn.get("clear_at") != "next_user_message" or at > last_user:
                _wrap(turn, kept, waiting)
        elif waiting and inner(turn).get("role") == "user":
            kept.append(turn)
            _put_behind_results(turn, waiting)
            waiting = []
        else:
            kept += _as_user(waiting)
            waiting = []
            kept.append(turn)
    kept += _as_user(waiting)
    return losses


def raise_effort(body: dict[str, Any], turn: dict[str, Any]) -> None:
    """The effort that instructions in the middle ask for is that of the request from there on."""
    effort = word(inner(turn.get("output_config")).get("effort"))
    if effort:
        wanted = inner(body.get("output_config"))
        wanted["effort"] = effort
        body["output_config"] = wanted


def _is_system(turn: object) -> bool:
    return isinstance(turn, dict) and turn.get("role") == "system"


def _wrap(turn: dict[str, Any], kept: list[Any], waiting: list[dict[str, Any]]) -> None:
    reminder = _reminder(turn.get("content"))
    if reminder is None:
        return
    if kept and inner(kept[-1]).get("role") == "user":
        _as_blocks(kept[-1]).append(reminder)
    else:
        waiting.append(reminder)


def _reminder(content: object) -> dict[str, Any] | None:
    texts = [content] if isinstance(content, str) else [b.get("text") for _, b in objects(content)]
    text = "\n\n".join(each for each in texts if isinstance(each, str) and each)
    if not text:
        return None
    reminder = {"type": "text", "text": f"<system-reminder>\n{text}\n</system-reminder>"}
    marks = [b["cache_control"] for _, b in objects(content) if "cache_control" in b]
    return {**reminder, "cache_control": marks[-1]} if marks else reminder


def _as_blocks(turn: dict[str, Any]) -> list[Any]:
    content = turn.get("content")
    if not isinstance(content, list):
        said = isinstance(content, str) and content
        turn["content"] = content = [{"type": "text", "text": content}] if said else []
    return content


def _put_behind_results(turn: dict[str, Any], more: list[dict[str, Any]]) -> None:
    blocks = _as_blocks(turn)
    results = [at for at, block in objects(blocks) if block.get("type") == "tool_result"]
    behind = results[-1] + 1 if results else 0
    blocks[behind:behind] = more


def _as_user(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": blocks}] if blocks else []
