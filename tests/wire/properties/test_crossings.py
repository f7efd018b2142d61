"""Answers from every provider's format to every client's, through the whole seam: what was said is
heard, in whatever form it was asked for; whatever is sent, the client reads a word of its own grammar.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import StreamCut
from aimux.model.request import WireFormat
from aimux.wire.transcode import Transcoder
from tests.support.answers import ANTHROPIC, EVERYTHING, GEMINI, OPENAI_CHAT, events
from tests.support.chunks import CUTS, pieces
from tests.support.crossing import TARGETS, Crossed, crossed, inquiry, told_of
from tests.support.generate import upstream
from tests.support.generate.mutators import HARMLESS, harmed
from tests.support.generate.plans import Plan, plans
from tests.support.generate.profile import FEW, WIRE
from tests.support.grammar.told import Ending, Kind, Tokens, Told

each_upstream = pytest.mark.parametrize("provider", list(WireFormat))


def some_plan(provider: WireFormat) -> st.SearchStrategy[Plan]:
    """Answers that a provider of this format can stream."""
    return plans(calls_last=provider is OPENAI_CHAT, halves=provider is not GEMINI)


def others(provider: WireFormat) -> list[WireFormat]:
    """The formats of clients for whom this provider's must be translated."""
    return [each for each in WireFormat if each is not provider]


def agrees(client: WireFormat, told: Told, plan: Plan) -> None:
    """What the client heard is the plan, as far as its format can say it."""
    want = plan.told
    assert told.model == "asked"
    assert told.thinking.replace("\n", "") == want.thinking.replace("\n", "")
    assert told.words == want.words
    assert [call.gist for call in told.calls] == [call.gist for call in want.calls]
    assert told.ending == want.ending
    assert told.tokens.counted == want.tokens.counted
    if client is not OPENAI_CHAT:
        assert told.order == want.order


@each_upstream
@FEW
@given(data=st.data())
def test_the_client_hears_a_stream(provider: WireFormat, data: st.DataObject) -> None:
    """As a stream or as one body, as it has asked: two ways and one answer (P5, P9, P10)."""
    plan = data.draw(some_plan(provider))
    raw = upstream.raw(upstream.events(provider, plan))
    for client in others(provider):
        for asked in (True, False):
            answer = crossed(inquiry(client, stream=asked), provider, [raw])
            assert not answer.error
            agrees(client, told_of(client, answer, stream=asked), plan)


@each_upstream
@FEW
@given(data=st.data())
def test_the_client_hears_a_whole_answer(provider: WireFormat, data: st.DataObject) -> None:
    """The same for a provider that does not stream, whatever was asked for."""
    plan = in_message_order(data.draw(some_plan(provider)), provider)
    body = upstream.document(provider, plan)
    for client in others(provider):
        for asked in (True, False):
            answer = crossed(
                inquiry(client, stream=asked), provider, [body], content_type="application/json"
            )
            assert not answer.error
            agrees(client, told_of(client, answer, stream=asked), plan)


def in_message_order(plan: Plan, provider: WireFormat) -> Plan:
    """A message of Chat Completions has a place for each kind of part, and no order between them."""
    if provider is not OPENAI_CHAT:
        return plan
    order = (Kind.THINKING, Kind.TEXT, Kind.CALL)
    return replace(plan, parts=tuple(sorted(plan.parts, key=lambda part: order.index(part.kind))))


@each_upstream
@FEW
@given(data=st.data())
def test_p1_and_p24_chunks_do_not_matter_to_the_client(
    provider: WireFormat, data: st.DataObject
) -> None:
    """The client's bytes are the same however the provider's arrive."""
    raw = upstream.raw(upstream.events(provider, data.draw(some_plan(provider))))
    chunks = pieces(raw, data.draw(CUTS))
    for client in others(provider):
        whole = crossed(inquiry(client), provider, [raw])
        assert crossed(inquiry(client), provider, chunks).out == whole.out


@each_upstream
@FEW
@given(data=st.data())
def test_p8_nothing_is_taken_back(provider: WireFormat, data: st.DataObject) -> None:
    """What a client has got of half a stream is the beginning of what it gets of the whole; the half
    ends in an error, or never began (P7, P11).
    """
    said = upstream.events(provider, data.draw(some_plan(provider)))
    at = data.draw(st.integers(0, len(said) - 1))
    half, whole = upstream.raw(said[:at]), upstream.raw(said)
    for client in others(provider):
        answer = crossed(inquiry(client), provider, [half])
        complete = crossed(inquiry(client), provider, [whole]).out
        if answer.begun:
            told = told_of(client, answer)
            assert complete.startswith(b"".join(answer.pieces[:-1]))
            assert answer.error or told.ending is not Ending.FAILED
        else:
            assert answer.error
            assert answer.out == b""


@each_upstream
@WIRE
@given(data=st.data())
def test_p6_whatever_comes_the_client_reads_its_grammar(
    provider: WireFormat, data: st.DataObject
) -> None:
    """Lost, doubled, swapped, spoiled and failing events; the same for a client that wants no stream."""
    said = data.draw(harmed(provider, upstream.events(provider, data.draw(some_plan(provider)))))
    raw = upstream.raw(said)
    for client in others(provider):
        for asked in (True, False):
            answer = crossed(inquiry(client, stream=asked), provider, [raw])
            if answer.begun and not (answer.error and not asked):
                told = told_of(client, answer, stream=asked)
                assert bool(answer.error) == (told.ending is Ending.FAILED)


@each_upstream
@FEW
@given(data=st.data())
def test_odd_servers_are_heard(provider: WireFormat, data: st.DataObject) -> None:
    """Through the whole seam, for one client each time."""
    plan = data.draw(some_plan(provider))
    name = data.draw(st.sampled_from(sorted(HARMLESS[provider])))
    client = data.draw(st.sampled_from(others(provider)))
    raw = upstream.raw(HARMLESS[provider][name](upstream.events(provider, plan)))

    answer = crossed(inquiry(client), provider, [raw])

    agrees(client, told_of(client, answer), plan)


@each_upstream
@FEW
@given(data=st.data())
def test_ids_are_the_client_s(provider: WireFormat, data: st.DataObject) -> None:
    """Valid for it, unique, and none that its history has already: 229."""
    plan = data.draw(some_plan(provider))
    raw = upstream.raw(upstream.events(provider, plan))
    taken = [call.id for call in plan.calls][:1]
    calls = [{"type": "tool_use", "id": each, "name": "f", "input": {}} for each in taken]
    results = [{"type": "tool_result", "tool_use_id": each, "content": "r"} for each in taken]
    history = [
        {"role": "user", "content": "?"},
        *([{"role": "assistant", "content": calls}, {"role": "user", "content": results}] if calls else ()),
    ]  # fmt: skip
    body = {"model": "asked", "max_tokens": 9, "messages": history}
    if provider is ANTHROPIC:
        return

    told = told_of(ANTHROPIC, crossed(inquiry(ANTHROPIC, body), provider, [raw]))

    ids = [call.id for call in told.calls]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(taken)


@each_upstream
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_an_answer_of_the_wrong_form_is_put_right(provider: WireFormat, stream: bool) -> None:
    """The client's own format too: edge cases 22 and 285."""
    plan = Plan((), Ending.DONE, Tokens(3, 2, 1, 0, 1))
    raw = (
        upstream.document(provider, plan)
        if stream
        else upstream.raw(upstream.events(provider, plan))
    )

    answer = crossed(inquiry(provider, stream=stream), provider, [raw])

    assert not answer.error
    assert told_of(provider, answer, stream=stream).tokens.counted == plan.tokens.counted


@each_upstream
def test_p12_usage_is_known_at_the_end(provider: WireFormat) -> None:
    """For the ledger as for the client: the numbers of the provider."""
    for client in others(provider):
        answer: Crossed = crossed(inquiry(client), provider, events(provider, EVERYTHING))
        usage = answer.transcoder.usage
        assert (usage.input_tokens, usage.output_tokens) == (100, 20)
        assert told_of(client, answer).tokens.counted == (100, 20, 30, 0, 5)


@each_upstream
def test_a_broken_connection_is_said(provider: WireFormat) -> None:
    """The gateway's own word, behind whatever was said already."""
    for client in others(provider):
        said: list[bytes] = []
        transcoder = Transcoder(inquiry(client), provider, TARGETS[provider])
        transcoder.request()
        transcoder.begin("text/event-stream")
        said += map(transcoder.feed, events(provider, EVERYTHING)[:-4])
        said.append(transcoder.fail(StreamCut("it was cut"), "req-1"))
        answer = Crossed(tuple(said), begun=True, error="it was cut", transcoder=transcoder)
        assert told_of(client, answer).error.startswith("it was cut")
