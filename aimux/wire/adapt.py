"""A client's request made valid for one target: neutral in, neutral out.

Reading a request repairs nothing and writing one takes validity for granted; what lies between is here,
once for all pairs of formats.  In this order: tools that the target cannot have, names, thinking of
somebody else, pairs of calls and results, instructions in the middle, media where none may stand,
roles.  Every change is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, assert_never

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import (
    CallKind,
    Media,
    MediaKind,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import (
    Choice,
    FunctionTool,
    Message,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire import freeform
from aimux.wire.history import settled
from aimux.wire.names import Known, Names, names_of
from aimux.wire.rules import Rules
from aimux.wire.target import Target

FILLER: Final = "."
"""What the user says where a conversation must begin with the user and does not."""

_CAPABILITY: Final = {MediaKind.IMAGE: "images", MediaKind.DOCUMENT: "documents"}

Turn = tuple[Role, list[Part]]


@dataclass(frozen=True, slots=True)
class Adapted:
    """A request that a codec can write.  ``names`` leads the answer's names back to the client's;
    ``cut_tokens`` is how long that may be where the target cannot be limited to so little.
    """

    request: Request
    names: Names
    losses: tuple[Loss, ...]
    cut_tokens: int | None = None


def adapt(request: Request, rules: Rules, target: Target) -> Adapted:
    """The request as a target of these rules takes it.

    Raises:
        UnsupportedContent: it holds content that the target cannot take.
        InvalidRequest: a call is forced of a tool that is not declared.
    """
    losses: list[Loss] = list(request.losses)
    tools = _tools(request, rules, losses)
    names = names_of((*_declared(tools), *_called(request, rules)), rules)
    turns = settled(_mapped(request.messages, names, rules, target, losses), rules, losses)
    turns = _without_empty(turns)
    turns = _middle_system(turns, rules, losses)
    turns = _media(turns, rules, target, losses)
    system, turns = _roles(request, turns, rules, losses)
    fitted = replace(
        request,
        model=target.model,
        messages=tuple(Message(role, tuple(parts)) for role, parts in turns),
        system=system,
        tools=tuple(_renamed(tool, names, rules, losses) for tool in tools),
        tool_choice=_choice(request.tool_choice, tools, names),
        sampling=_clamped(request.sampling, rules, target, losses),
        losses=(),
    )
    wanted, given = request.sampling.max_output_tokens, fitted.sampling.max_output_tokens
    raised = wanted is not None and given is not None and wanted < given
    return Adapted(fitted, names, tuple(dict.fromkeys(losses)), wanted if raised else None)


# ---------------------------------------------------------------- tools


def _tools(request: Request, rules: Rules, losses: list[Loss]) -> list[Tool]:
    """The tools that the target gets: each once, those that are deferred as far as they were found."""
    kept: dict[tuple[str, str], Tool] = {}
    for tool in request.tools:
        match tool:
            case WebSearchTool():
                if rules.web_search:
                    kept["\0web_search", ""] = tool
                elif len(request.tools) == 1:
                    raise UnsupportedContent(
                        "the only tool of the request is a web search, which this target does not have",
                        param="tools",
                        hint="route such requests to a model with the capability web-search",
                    )
                else:
                    losses.append(Loss("tool.server_unsupported", "tools", "web_search"))
            case FunctionTool():
                place = (tool.namespace, tool.name)
                if place in kept:
                    losses.append(Loss("tool.duplicate", detail=tool.name))
                elif _reachable(tool, rules, losses):
                    kept[place] = tool
            case _:
                assert_never(tool)
    return list(kept.values())


def _reachable(tool: FunctionTool, rules: Rules, losses: list[Loss]) -> bool:
    """Whether a model that gets all its tools at once gets this one: nobody has found it yet where it
    is deferred, and a tool that the client does not expect must not be called.
    """
    if rules.tool_search or not tool.deferred:
        return True
    if tool.found:
        losses.append(Loss("tool.deferred_inlined", detail=tool.name))
    return tool.found


def _declared(tools: Iterable[Tool]) -> list[Known]:
    return [
        Known(tool.name, tool.namespace, tool.kind)
        for tool in tools
        if isinstance(tool, FunctionTool)
    ]


def _called(request: Request, rules: Rules) -> list[Known]:
    """Tools that the history calls and nobody declares any more."""
    del rules
    return [
        Known(part.name, part.namespace, part.kind)
        for message in request.messages
        if message.role is Role.ASSISTANT
        for part in message.parts
        if isinstance(part, ToolCall)
    ]


def _renamed(tool: Tool, names: Names, rules: Rules, losses: list[Loss]) -> Tool:
    if isinstance(tool, WebSearchTool):
        return tool
    if tool.kind is CallKind.CUSTOM and not rules.custom_tools:
        losses.append(Loss("tool.custom_wrapped", detail=tool.name))
        tool = freeform.declared(tool)
    elif _plain(tool.kind, rules):
        tool = replace(tool, kind=CallKind.FUNCTION)
    name = names.out(tool.name, tool.namespace)
    if tool.namespace and not rules.namespaces:
        losses.append(Loss("tool.namespace_flattened", detail=tool.namespace))
        return replace(tool, name=name, namespace="")
    if name != tool.name:
        losses.append(Loss("tool.renamed", detail=tool.name[:80]))
        return replace(tool, name=name)
    return tool


def _plain(kind: CallKind, rules: Rules) -> bool:
    """Whether a kind of call is only a function to the target."""
    if kind is CallKind.FUNCTION:
        return False
    if kind is CallKind.CUSTOM:
        return not rules.custom_tools
    return not rules.tool_search


def _choice(choice: ToolChoice, tools: list[Tool], names: Names) -> ToolChoice:
    functions = {
        (tool.namespace, tool.name): tool for tool in tools if isinstance(tool, FunctionTool)
    }
    if not tools:
        return ToolChoice()
    if choice.choice is Choice.TOOL and (choice.namespace, choice.name) not in functions:
        if choice.name == "web_search" and len(functions) < len(tools):
            return choice
        raise InvalidRequest(
            f"tool_choice names {choice.name!r}, which is not among the tools", param="tool_choice"
        )
    return replace(
        choice,
        name=names.out(choice.name, choice.namespace),
        namespace="",
        allowed=tuple(names.out(name) for name in choice.allowed),
    )


def _clamped(sampling: Sampling, rules: Rules, target: Target, losses: list[Loss]) -> Sampling:
    """No more output than the model gives, and no less than the provider can be limited to."""
    asked, limit = sampling.max_output_tokens, target.max_output_tokens
    if asked is not None and asked < rules.min_output:
        detail = f"{asked} to {rules.min_output}, and cut here"
        losses.append(Loss("max_tokens.raised", detail=detail))
        return replace(sampling, max_output_tokens=rules.min_output)
    if asked is None or limit is None or asked <= limit:
        return sampling
    losses.append(Loss("max_tokens.clamped", detail=f"{asked} to {limit}"))
    return replace(sampling, max_output_tokens=limit)


# ---------------------------------------------------------------- messages


def _mapped(
    messages: Iterable[Message], names: Names, rules: Rules, target: Target, losses: list[Loss]
) -> list[Message]:
    """Messages with the target's names and without what only somebody else can read."""
    mapped = []
    for message in messages:
        parts: list[Part] = []
        for part in message.parts:
            match part:
                case Thinking() | Text():
                    kept = _own_state(part, rules, target, losses)
                    if kept is not None:
                        parts.append(kept)
                case ToolCall():
                    parts.append(_mapped_call(part, names, rules, target, losses))
                case ToolResult():
                    parts.append(part)
                case Unsupported():
                    raise UnsupportedContent(
                        f"{part.what!r} cannot be said to a provider of another format",
                        param=part.path,
                        hint="route the request to a provider that speaks the client's own format",
                    )
                case _:
                    parts.append(part)
        mapped.append(Message(message.role, tuple(parts)))
    return mapped


def _own_state(
    part: Thinking | Text, rules: Rules, target: Target, losses: list[Loss]
) -> Thinking | Text | None:
    """A part as the target may have it: thinking of another provider not at all, text without what
    another provider signed.
    """
    state = part.state
    if isinstance(part, Thinking) and not _goes_back(state, rules):
        losses.append(Loss("thinking.dropped_foreign", detail=state.issuer if state else ""))
        return None
    kept = isinstance(part, Thinking) or rules.signed_text
    if state is None or (kept and state.issuer in {"", target.provider}):
        return part
    if isinstance(part, Text):
        return replace(part, state=None)
    losses.append(Loss("thinking.dropped_foreign", detail=state.issuer))
    return None


def _goes_back(state: Opaque | None, rules: Rules) -> bool:
    """Whether the target has a place for thinking that came with such a state, or with none."""
    if rules.thinking is None:
        return True
    return state is not None and state.kind in rules.thinking


def _mapped_call(
    call: ToolCall, names: Names, rules: Rules, target: Target, losses: list[Loss]
) -> ToolCall:
    name = names.out(call.name, call.namespace)
    state = call.state
    if state is not None and state.issuer not in {"", target.provider}:
        losses.append(Loss("thinking.dropped_foreign", detail=state.issuer))
        state = None
    kind, arguments = call.kind, call.arguments
    if _plain(kind, rules):
        if kind is CallKind.CUSTOM:
            arguments = freeform.wrapped(arguments)
        kind = CallKind.FUNCTION
    namespace = call.namespace if rules.namespaces else ""
    if (name, state, kind, namespace) == (call.name, call.state, call.kind, call.namespace):
        return call
    return ToolCall(call.id, name, arguments, kind, namespace, state)


def _middle_system(turns: list[Turn], rules: Rules, losses: list[Loss]) -> list[Turn]:
    """Instructions in the middle, where they may stand; elsewhere they become a part of the user's
    turn beside them.  Never are they moved to the top: that would break the provider's cache, and the
    order of events.
    """
    kept: list[Turn] = []
    waiting: list[Part] = []
    for position, (role, parts) in enumerate(turns):
        if role is Role.SYSTEM:
            if rules.middle_system and _may_stand(turns, position, rules):
                kept.append((role, parts))
                continue
            losses.append(Loss("system.midconv_wrapped"))
            wrapped = [_reminder(part) for part in parts if isinstance(part, Text) and part.text]
            if kept and kept[-1][0] is Role.USER:
                kept[-1] = (Role.USER, [*kept[-1][1], *wrapped])
            else:
                waiting += wrapped
        elif role is Role.USER and waiting:
            kept.append((role, _behind_results(parts, waiting)))
            waiting = []
        else:
            if waiting:
                kept.append((Role.USER, waiting))
                waiting = []
            kept.append((role, parts))
    if waiting:
        kept.append((Role.USER, waiting))
    return kept


def _may_stand(turns: list[Turn], position: int, rules: Rules) -> bool:
    """Anthropic takes instructions between the user and the assistant, or at the end."""
    if not rules.merges:
        return True
    before = turns[position - 1][0] if position else None
    after = turns[position + 1][0] if position + 1 < len(turns) else Role.ASSISTANT
    return before is Role.USER and after is Role.ASSISTANT


def _reminder(part: Text) -> Text:
    return Text(f"<system-reminder>\n{part.text}\n</system-reminder>")


def _behind_results(parts: list[Part], more: list[Part]) -> list[Part]:
    """A user's parts with more of them put behind the tools' results."""
    count = sum(isinstance(part, ToolResult) for part in parts)
    return [*parts[:count], *more, *parts[count:]]


def _media(turns: list[Turn], rules: Rules, target: Target, losses: list[Loss]) -> list[Turn]:
    """Media where the target takes them; what its model cannot see is an error in the last turn and a
    note in those before.
    """
    if not any(_has_media(parts) for _, parts in turns):
        return turns
    last = max((n for n, (role, _) in enumerate(turns) if role is Role.USER), default=-1)
    seen: list[Turn] = []
    for position, (role, parts) in enumerate(turns):
        if _has_media(parts):
            parts = [_visible(part, position == last, target, losses) for part in parts]  # noqa: PLW2901
            if not rules.result_media:
                parts = _moved(parts, losses)  # noqa: PLW2901 -- the turn, made fit
        seen.append((role, parts))
    return seen


def _has_media(parts: list[Part]) -> bool:
    return any(
        isinstance(part, Media)
        or (isinstance(part, ToolResult) and any(isinstance(x, Media) for x in part.content))
        for part in parts
    )


def _visible(part: Part, current: bool, target: Target, losses: list[Loss]) -> Part:  # noqa: FBT001
    match part:
        case Media():
            return _seen(part, current, target, losses)
        case ToolResult():
            content = tuple(
                _seen(each, current, target, losses) if isinstance(each, Media) else each
                for each in part.content
            )
            return replace(part, content=content)
        case _:
            return part


def _seen(medium: Media, current: bool, target: Target, losses: list[Loss]) -> Media | Text:  # noqa: FBT001
    capability = _CAPABILITY.get(medium.kind)
    if capability is None or medium.text or target.can(capability):
        return medium
    if current:
        raise UnsupportedContent(
            f"{target.model!r} takes no {capability}",
            hint=f"route such requests to a model with the capability {capability}",
        )
    losses.append(Loss("image.unsupported", detail=medium.kind))
    return Text(f"[{medium.kind} left out: this model takes none]")


def _moved(parts: list[Part], losses: list[Loss]) -> list[Part]:
    """Results that are text only, and behind all of them the media that they held."""
    results: list[Part] = []
    media: list[Part] = []
    others: list[Part] = []
    for part in parts:
        if not isinstance(part, ToolResult):
            others.append(part)
            continue
        held = [each for each in part.content if isinstance(each, Media)]
        if held:
            losses.append(Loss("image.in_tool_result_moved"))
            texts = tuple(each for each in part.content if isinstance(each, Text))
            content = texts if any(t.text for t in texts) else (Text("(see below)"),)
            kinds = " and ".join(dict.fromkeys(str(each.kind) for each in held))
            media += [Text(f"The {kinds} of tool {part.name} (call {part.call_id}):"), *held]
            part = replace(part, content=content)  # noqa: PLW2901 -- the same result, text only
        results.append(part)
    return [*results, *media, *others]


# ---------------------------------------------------------------- roles


def _roles(
    request: Request, turns: list[Turn], rules: Rules, losses: list[Loss]
) -> tuple[tuple[Text, ...], list[Turn]]:
    """Turns in an order of roles that the target takes, and the instructions before them."""
    if rules.merges:
        turns = _merged(turns)
    while turns and not rules.prefill and _is_prefill(turns[-1]):
        turns.pop()
        losses.append(Loss("prefill.dropped"))
    system = tuple(text for text in request.system if text.text)
    if rules.needs_user and not any(role is Role.USER for role, _ in turns) and system:
        losses.append(Loss("system.merged"))
        turns.insert(0, (Role.USER, list(system)))
        system = ()
    if not turns and not system:
        turns = [(Role.USER, [Text(FILLER)])]
    if rules.first_user and turns and turns[0][0] is not Role.USER:
        turns.insert(0, (Role.USER, [Text(FILLER)]))
    return system, turns


def _without_empty(turns: list[Turn]) -> list[Turn]:
    """Turns that say something; those of the assistant that stand together then are one."""
    kept: list[Turn] = []
    for role, parts in turns:
        said = _said(parts)
        if all(isinstance(part, Text) and not part.text for part in said):
            continue  # a signature alone is no turn
        if kept and kept[-1][0] is role is Role.ASSISTANT:
            kept[-1] = (role, [*kept[-1][1], *said])
        else:
            kept.append((role, said))
    return kept


def _said(parts: list[Part]) -> list[Part]:
    """Parts without empty text; a text that carries a signature counts."""
    return [p for p in parts if not (isinstance(p, Text) and not p.text and p.state is None)]


def _merged(turns: list[Turn]) -> list[Turn]:
    merged: list[Turn] = []
    for role, parts in turns:
        if merged and merged[-1][0] is role:
            merged[-1] = (role, _results_first([*merged[-1][1], *parts]))
        else:
            merged.append((role, parts))
    return merged


def _results_first(parts: list[Part]) -> list[Part]:
    results = [part for part in parts if isinstance(part, ToolResult)]
    return [*results, *(part for part in parts if not isinstance(part, ToolResult))]


def _is_prefill(turn: Turn) -> bool:
    """Whether the last turn is the beginning of an answer; one that calls has its results behind it."""
    return turn[0] is Role.ASSISTANT
