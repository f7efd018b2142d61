"""A model's state on its way through clients of other formats: back to its issuer as it was, to nobody
else, and never as anything that was made here (P25, P26, P28).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import opaque
from aimux.wire.inquiry import Caller
from aimux.wire.memory import Memory
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.crossing import ASKED, CALLER, TARGETS, crossed, inquiry
from tests.support.echo import follow_up, forgetful
from tests.support.generate import upstream
from tests.support.generate.plans import STATE, Part, Plan
from tests.support.generate.profile import FEW, WIRE
from tests.support.generate.texts import SAID, TEXTS
from tests.support.grammar.told import Ending, Kind, Tokens
from tests.support.strict.fields import no_carrier
from tests.support.strict.servers import validate

REPLAYED = frozenset({"reasoning-content-field", "reasoning-replay"})
SENTINEL = "skip_thought_signature_validator"
PAIRS = [(c, p) for c in WireFormat for p in WireFormat if c is not p]
STATEFUL = [(c, p) for c, p in PAIRS if p is not OPENAI_CHAT]
each_pair = pytest.mark.parametrize(
    ("client", "provider"), STATEFUL, ids=[f"{c}-{p}" for c, p in STATEFUL]
)
each_format = pytest.mark.parametrize("format_", list(WireFormat))


@st.composite
def thoughtful(draw: st.DrawFn) -> Plan:
    """An answer that thinks, says something perhaps, and calls once or twice."""
    parts = [Part(Kind.THINKING, (draw(SAID),), state=STATE)]
    if draw(st.booleans()):
        parts.append(Part(Kind.TEXT, (draw(SAID),)))
    numbers = range(draw(st.integers(1, 2)))
    parts += [Part(Kind.CALL, ('{"x":1}',), f"call_{number}_abcdefgh", "f") for number in numbers]
    return Plan(tuple(parts), Ending.CALLS, Tokens(3, 2, 0, 0, 1))


def returned(
    client: WireFormat, provider: WireFormat, plan: Plan, target: Target, **how: Any
) -> dict[str, Any]:
    """What the provider ``target`` gets with the next request of a client that asked before and got
    the plan from the provider of ``TARGETS``.
    """
    caller = Caller(*CALLER[:3], Memory()) if how.get("memory") else CALLER
    first = inquiry(client, how.get("asked"), stream=False)
    first.caller = caller
    answer = crossed(first, provider, [upstream.raw(upstream.events(provider, plan))])
    assert not answer.error
    body = follow_up(client, answer.out)
    second = inquiry(client, forgetful(body) if how.get("memory") else body)
    second.caller = caller
    return validate(provider, Transcoder(second, provider, target).request())


def states(provider: WireFormat, body: dict[str, Any]) -> list[str]:
    """The opaque values in a provider's request, in order."""
    match provider:
        case WireFormat.ANTHROPIC:
            blocks = [b for m in body["messages"] for b in m["content"] if isinstance(b, dict)]
            return [block["signature"] for block in blocks if "signature" in block]
        case WireFormat.OPENAI_RESPONSES:
            return [i["encrypted_content"] for i in body["input"] if "encrypted_content" in i]
        case _:
            parts = [part for content in body["contents"] for part in content["parts"]]
            return [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]


@each_pair
@FEW
@given(plan=thoughtful())
def test_p25_state_goes_back_to_its_issuer(
    client: WireFormat, provider: WireFormat, plan: Plan
) -> None:
    """As it was, once, in its own slot, whatever client has kept it meanwhile."""
    body = returned(client, provider, plan, TARGETS[provider])

    assert states(provider, body) == [STATE]
    if provider is ANTHROPIC:  # the signature binds the text
        (thought,) = [b for m in body["messages"] for b in m["content"] if "signature" in b]
        assert thought["thinking"] == plan.parts[0].text


@each_pair
@FEW
@given(plan=thoughtful())
def test_p26_and_p28_state_goes_to_nobody_else(
    client: WireFormat, provider: WireFormat, plan: Plan
) -> None:
    """The same model at another provider gets none of it; Gemini gets its documented stand-in."""
    body = returned(client, provider, plan, replace(TARGETS[provider], provider="another"))

    assert states(provider, body) == ([SENTINEL] if provider is GEMINI else [])


@pytest.mark.parametrize("provider", [ANTHROPIC, OPENAI_RESPONSES, GEMINI])
@FEW
@given(plan=thoughtful())
def test_state_is_remembered_for_clients_that_forget(provider: WireFormat, plan: Plan) -> None:
    """Chat Completions has no slot for it, and most of its clients keep no field they do not know."""
    body = returned(OPENAI_CHAT, provider, plan, TARGETS[provider], memory=True)

    assert states(provider, body) == [STATE]


@pytest.mark.parametrize("client", [ANTHROPIC, OPENAI_RESPONSES, GEMINI])
@FEW
@given(plan=thoughtful())
def test_reasoning_that_is_text_goes_back_as_text(client: WireFormat, plan: Plan) -> None:
    """To a provider of Chat Completions that wants its reasoning back."""
    provider = replace(
        TARGETS[OPENAI_CHAT], quirks=frozenset({"reasoning-content-field", "reasoning-replay"})
    )
    answer = crossed(
        inquiry(client, stream=False), OPENAI_CHAT,
        [upstream.raw(upstream.events(OPENAI_CHAT, plan))], target=provider,
    )  # fmt: skip
    asked = inquiry(client, follow_up(client, answer.out))

    raw = Transcoder(asked, OPENAI_CHAT, provider).request()

    (said,) = [m for m in json.loads(raw)["messages"] if m["role"] == "assistant"]
    assert said["reasoning_content"] == plan.parts[0].text


@FEW
@given(plan=thoughtful())
def test_thinking_that_is_not_shown_goes_back(plan: Plan) -> None:
    """``display: omitted`` hides the text from the client; the provider needs it again."""
    provider = replace(
        TARGETS[OPENAI_CHAT], quirks=frozenset({"reasoning-content-field", "reasoning-replay"})
    )
    hidden = {**ASKED[ANTHROPIC], "thinking": {"type": "adaptive", "display": "omitted"}}
    answer = crossed(
        inquiry(ANTHROPIC, hidden, stream=False), OPENAI_CHAT,
        [upstream.raw(upstream.events(OPENAI_CHAT, plan))], target=provider,
    )  # fmt: skip
    first, *_ = json.loads(answer.out)["content"]
    assert first["thinking"] == ""
    asked = inquiry(ANTHROPIC, follow_up(ANTHROPIC, answer.out))

    raw = Transcoder(asked, OPENAI_CHAT, provider).request()

    (said,) = [m for m in json.loads(raw)["messages"] if m["role"] == "assistant"]
    assert said["reasoning_content"] == plan.parts[0].text


@pytest.mark.parametrize(("client", "provider"), PAIRS, ids=[f"{c}-{p}" for c, p in PAIRS])
@FEW
@given(plan=thoughtful())
def test_p25_no_carrier_reaches_a_provider_of_the_client_s_own_format(
    client: WireFormat, provider: WireFormat, plan: Plan
) -> None:
    """After a switch the conversation is relayed, without what was made here."""
    answer = crossed(
        inquiry(client, stream=False), provider, [upstream.raw(upstream.events(provider, plan))]
    )
    asked = inquiry(client, follow_up(client, answer.out))

    sent = Transcoder(asked, client, TARGETS[client]).request()

    no_carrier(json.loads(sent), "body")


@each_format
@FEW
@given(plan=thoughtful())
def test_p25_native_state_is_left_alone(format_: WireFormat, plan: Plan) -> None:
    """A conversation with one provider goes back byte by byte, but for the model's name."""
    asked = inquiry(format_, follow_up(format_, upstream.document(format_, plan)))

    sent = Transcoder(asked, format_, TARGETS[format_]).request()

    same = json.loads(asked.document.raw)
    if format_ is not GEMINI:
        same["model"] = TARGETS[format_].model
    assert json.loads(sent) == same


# ---------------------------------------------------------------- carriers themselves


OPAQUES = st.builds(Opaque, st.sampled_from(OpaqueKind), TEXTS, TEXTS, TEXTS, TEXTS)


@WIRE
@given(state=OPAQUES)
def test_p25_a_carrier_opens_to_what_it_was(state: Opaque) -> None:
    """In both of its forms, and in no alphabet but its own."""
    assert opaque.open_carrier(opaque.seal(state)) == state
    assert opaque.open_base64(opaque.seal_base64(state)) == state
    assert opaque.is_carrier(opaque.seal(state))
    assert opaque.is_carrier(opaque.seal_base64(state))
    for format_ in WireFormat:
        sealed = (
            opaque.seal_base64(state) if format_ in (GEMINI, OPENAI_CHAT) else opaque.seal(state)
        )
        assert opaque.may_hold_carrier(json.dumps({"x": sealed}).encode(), format_)


@WIRE
@given(state=OPAQUES, data=st.data())
def test_p25_a_damaged_carrier_does_not_open(state: Opaque, data: st.DataObject) -> None:
    """One character changed, lost or added: nothing comes of it, or what it was."""
    carrier = opaque.seal(state)
    at = data.draw(st.integers(0, len(carrier) - 1))
    letter = data.draw(st.sampled_from("aA0_-.\u00e9"))
    for damaged in (carrier[:at] + carrier[at + 1 :], carrier[:at] + letter + carrier[at:]):
        assert opaque.open_carrier(damaged) in (None, state)
    changed = carrier[:at] + letter + carrier[at + 1 :]
    assert opaque.open_carrier(changed) in (None, state)


@WIRE
@given(text=TEXTS | st.text(max_size=60) | st.text("abAB01._-", max_size=60).map("aimux1.".__add__))
@example(text="aimux1.text.eJyrVipRslJQ0lFKBdNKtQAkbgQN.00000000")
def test_p25_what_is_none_does_not_open(text: str) -> None:
    """Random strings, and those that begin like one."""
    assert opaque.open_carrier(text) is None
    assert opaque.open_base64(text) is None
