"""The vendors' own SDKs as consumers: they read in our answers what the judges read (oracle 2 of 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from aimux.wire.target import Audience
from tests.support.answers import OPENAI_CHAT
from tests.support.crossing import crossed, inquiry, told_of
from tests.support.generate import upstream
from tests.support.generate.plans import plans
from tests.support.generate.profile import FEW
from tests.support.generate.replies import responses, streamed
from tests.support.grammar.judges import judge
from tests.support.grammar.told import Told
from tests.support.sdkread import Sdks

# google-genai defines a subclass of aiohttp's session at run time
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")

each_format = pytest.mark.parametrize("format_", list(WireFormat))


@pytest.fixture(scope="module")
def sdks() -> Iterator[Sdks]:
    """All of them, for all examples."""
    made = Sdks()
    yield made
    made.close()


def loose(told: Told) -> tuple[Any, ...]:
    """What can be compared with an SDK that decodes arguments: numbers by their value."""
    calls = [(call.kind, call.namespace, call.name, call.value) for call in told.calls]
    return (
        told.words,
        told.thinking,
        calls,
        told.states,
        told.ending,
        told.finish,
        told.tokens.counted,
    )


@each_format
@FEW
@given(data=st.data())
def test_an_sdk_reads_what_was_written(
    sdks: Sdks, format_: WireFormat, data: st.DataObject
) -> None:
    """Neutral answers of every kind, streamed and whole."""
    ids = {OPENAI_CHAT: "chatcmpl-1", WireFormat.OPENAI_RESPONSES: "resp_1"}
    response = data.draw(responses())
    first, *others = data.draw(streamed(response))
    events = [first._replace(id=ids.get(format_, "msg_1")), *others]
    audience = Audience(inquiry(format_).request, 1)
    stream = CODECS[format_].writer(audience).write(events)

    told = judge(format_, stream, **({"usage": True} if format_ is OPENAI_CHAT else {}))
    read = sdks.stream(format_, stream)

    assert loose(read) == loose(told)
    body = CODECS[format_].write_response(response, audience)
    assert loose(sdks.whole(format_, body)) == loose(told)


@each_format
@FEW
@given(data=st.data())
def test_an_sdk_reads_what_crossed(sdks: Sdks, format_: WireFormat, data: st.DataObject) -> None:
    """Answers of providers of the other formats."""
    provider = data.draw(st.sampled_from([each for each in WireFormat if each is not format_]))
    plan = data.draw(plans(calls_last=provider is OPENAI_CHAT))
    answer = crossed(inquiry(format_), provider, [upstream.raw(upstream.events(provider, plan))])

    read = sdks.stream(format_, answer.out)

    assert loose(read) == loose(told_of(format_, answer))
    assert read.words == plan.told.words
