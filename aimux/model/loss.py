"""What a translation could not carry over, in either direction, each as a record: nothing is left
behind in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Severity(IntEnum):
    """How much a loss matters."""

    DEBUG = 0
    """Nothing that the answer depends on."""
    INFO = 1
    WARN = 2
    """The answer may be another."""


_D, _I, _W = Severity.DEBUG, Severity.INFO, Severity.WARN

LOSSES: Final = {
    "answer.continued": (_D, "the provider paused and was asked to go on"),
    "attribution.stripped": (_D, "the client's billing line was not sent to a foreign provider"),
    "beta.dropped": (_D, "a beta of the client's vendor"),
    "cache_control.dropped": (_D, "marks of what to cache"),
    "call.nameless": (_W, "a call of a tool without its name: nobody could run it"),
    "call.rest_dropped": (_W, "arguments that came when their call was already told"),
    "choices.dropped": (_W, "all answers but the first, of several"),
    "citations.dropped": (_I, "citations became plain text or were left out"),
    "context_management.dropped": (_D, "the client's wish to have its context edited"),
    "document.textified": (_I, "a document was sent as text"),
    "effort.mapped": (_D, "an effort was replaced by the nearest that the model knows"),
    "finish.broken": (_W, "the model went wrong behind what it had said"),
    "finish.inferred": (_D, "the provider did not say why it ended"),
    "finish.no_call": (_I, "the provider ended with calls and had made none"),
    "finish.paused": (_W, "the provider paused and could not be asked to go on"),
    "finish.unknown": (_I, "the provider ended for a reason that nobody knows"),
    "format.emulated": (_W, "structured output was asked for in words"),
    "format.schema_degraded": (_D, "constraints of an output schema became words"),
    "image.in_tool_result_moved": (_I, "an image of a tool result was moved behind the results"),
    "image.unsupported": (_W, "an earlier image was replaced by a note: the model sees none"),
    "logprobs.dropped": (_I, "log probabilities are not given"),
    "max_tokens.clamped": (_D, "more output was asked for than the model gives"),
    "max_tokens.defaulted": (_D, "the format needs a limit of the output and the client gave none"),
    "max_tokens.raised": (_I, "less output was asked for than the provider can be limited to"),
    "metadata.dropped": (_D, "free data of the client"),
    "parallel.unsupported": (_I, "parallel calls cannot be turned off"),
    "penalty.dropped": (_I, "a penalty or a bias of sampling"),
    "prefill.dropped": (_W, "the beginning of the answer that the client had written"),
    "prompt.truncated": (
        _W,
        "the prompt seems longer than the window, and the provider cuts in silence",
    ),
    "sampling.clamped": (_I, "a value of sampling was brought into the provider's range"),
    "sampling.dropped": (_W, "a value of sampling that the model refuses"),
    "seed.dropped": (_I, "the seed"),
    "server_tool.untold": (_I, "what a tool of the provider's own has done"),
    "service_tier.dropped": (_D, "a service tier that the provider does not have"),
    "signature.replaced": (_D, "a call without its signature got the documented stand-in"),
    "stop.truncated": (_W, "more stop sequences than the provider takes"),
    "stream.repaired": (_I, "arguments that were no object were put into one"),
    "system.merged": (_I, "instructions became the user's words: there were no others"),
    "system.midconv_wrapped": (_D, "instructions in the middle stand in the user's turn"),
    "thinking.budget_mapped": (_D, "a budget of thinking became an effort, or the reverse"),
    "thinking.disabled": (_W, "thinking is off for this request: the provider would refuse it"),
    "thinking.dropped_foreign": (_I, "thinking that another provider wrote"),
    "tool.custom_wrapped": (_I, "a free-form tool became a function with one text"),
    "tool.deferred_inlined": (_D, "a deferred tool is declared openly"),
    "tool.duplicate": (_I, "a tool was declared twice"),
    "tool.namespace_flattened": (_D, "tools of a namespace carry its name"),
    "tool.renamed": (_D, "a tool's name was shortened for the provider"),
    "tool.schema_degraded": (_D, "constraints of a tool's schema became words"),
    "tool.server_unsupported": (_W, "a tool that the client's vendor would have run"),
    "tool.strict_dropped": (_W, "strict was not asked for: the schema does not allow it"),
    "tool_choice.degraded": (_W, "the provider cannot be made to call"),
    "tool_id.rewritten": (_D, "an id was brought into the provider's form"),
    "tool_result.is_error_folded": (_D, "that a tool failed is said in its text"),
    "tool_result.orphan": (_W, "a result without its call became a note"),
    "tool_result.synthesised": (_W, "a call without its result got one that says so"),
    "unknown_block.dropped": (_I, "a kind of content nobody knows"),
    "unknown_field.dropped": (_D, "a field nobody knows"),
    "usage.estimated": (_I, "the provider gave no usage: it is an estimate"),
    "usage.inconsistent": (_D, "the provider's numbers contradict each other"),
    "verbosity.dropped": (_D, "how wordy the answer shall be"),
}
"""Every code with its severity and what was lost, in words for ``aimux why``."""

MAX_LOSSES: Final = 50
"""Most that one answer can lose: a provider may make up a new name with every event."""

MAX_DETAIL_CHARS: Final = 80


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that did not cross.  ``code`` is one of LOSSES; ``path`` is where it stands in the
    client's request, empty for what an answer lost; ``detail`` says more where there is more to say.
    """

    code: str
    path: str = ""
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return LOSSES[self.code][0]

    @property
    def words(self) -> str:
        """What was lost, for a person."""
        said = LOSSES[self.code][1]
        extra = "; ".join(part for part in (self.path, self.detail) if part)
        return f"{said} ({extra})" if extra else said


class Losses:
    """What is lost of an answer while it comes: each loss once, in the order of their appearance."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Loss, None] = {}

    def add(self, code: str, detail: object = "") -> None:
        """One more; ``detail`` may be any text of a provider's, and what is none is left out."""
        if len(self._found) < MAX_LOSSES:
            said = detail[:MAX_DETAIL_CHARS] if isinstance(detail, str) else ""
            self._found[Loss(code, detail=said)] = None

    def all(self) -> tuple[Loss, ...]:
        """Those so far."""
        return tuple(self._found)
