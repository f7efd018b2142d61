"""What a failure means: the table, and how each failure finds its row."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.routing.verdict import (
    TABLE,
    Again,
    Blame,
    Certainty,
    Fault,
    Other,
    Signal,
    retry_after_s,
    signal_of,
    words_of,
)
from aimux.wire.errorkinds import kind_of_status, status_of_kind

K, S = ErrorKind, Signal
NEVER, FIRST, WEIGH = Again.NEVER, Again.FIRST, Again.WEIGH
YES, NO = Other.YES, Other.NO
UNSENT, MAYBE, STARTED = Certainty

# The reliability page, 3.2: signal, blame, same key again, another key, another target, strikes, whether
# somebody rests by the table, what is certain.
ROWS = [
    (S.CONNECT, Blame.PROVIDER, FIRST, False, YES, 1, False, UNSENT),
    (S.CONNECT_TIMEOUT, Blame.PROVIDER, NEVER, False, YES, 2, False, UNSENT),
    (S.BAD_REQUEST, Blame.CALLER, NEVER, False, NO, 0, False, STARTED),
    (S.CONTEXT_OVERFLOW, Blame.CALLER, NEVER, False, Other.LARGER, 0, False, STARTED),
    (S.TOO_LARGE, Blame.CALLER, NEVER, False, Other.LARGER, 0, False, STARTED),
    (S.REFUSAL, Blame.CALLER, NEVER, False, Other.OPTED, 0, False, STARTED),
    (S.BILLING, Blame.ACCOUNT, NEVER, True, YES, 0, True, STARTED),
    (S.AUTH, Blame.KEY, NEVER, True, YES, 0, True, STARTED),
    (S.MODEL_UNKNOWN, Blame.MODEL, NEVER, False, YES, 0, True, STARTED),
    (S.TRANSIENT, Blame.NOBODY, FIRST, True, YES, 0, False, STARTED),
    (S.BAD_CALL, Blame.NOBODY, FIRST, False, YES, 0, False, STARTED),  # edge 311
    (S.RATE_SHORT, Blame.KEY, FIRST, True, YES, 0, True, STARTED),
    (S.RATE_LONG, Blame.KEY, NEVER, True, YES, 0, True, STARTED),
    (S.SERVER_ERROR, Blame.PROVIDER, WEIGH, True, YES, 1, False, STARTED),
    (S.OVERLOADED, Blame.MODEL, WEIGH, False, YES, 1, False, STARTED),
    (S.FIRST_EVENT_TIMEOUT, Blame.PROVIDER, NEVER, False, YES, 3, False, MAYBE),
    (S.TOTAL_TIMEOUT, Blame.PROVIDER, NEVER, False, NO, 1, False, MAYBE),
    (S.PROTOCOL, Blame.PROVIDER, NEVER, False, YES, 2, False, STARTED),
    (S.CUT, Blame.PROVIDER, FIRST, False, YES, 1, False, MAYBE),
    (S.IDLE, Blame.PROVIDER, NEVER, False, NO, 2, False, STARTED),
    (S.UNSUPPORTED, Blame.NOBODY, NEVER, False, YES, 0, False, UNSENT),
    (S.BUDGET, Blame.NOBODY, NEVER, False, YES, 0, False, UNSENT),  # our own money
    (S.ENDING, Blame.NOBODY, NEVER, False, NO, 0, False, STARTED),  # the daemon itself
]


@pytest.mark.parametrize("expected", ROWS, ids=lambda row: str(row[0]))
def test_a_row(expected: tuple[object, ...]) -> None:
    """Who is at fault, who may still be asked, and what it is worth."""
    signal = Signal(str(expected[0]))
    row, fault = TABLE[signal], Fault(signal)

    assert fault.row is row
    assert expected[1:] == (
        row.blame, row.again, row.other_key, row.other, row.strikes, row.rest_s > 0, fault.certainty,
    )  # fmt: skip


def test_the_table_is_whole() -> None:
    """Every signal has its row, here and there."""
    assert set(TABLE) == set(Signal) == {row[0] for row in ROWS}


def test_what_is_the_caller_s_counts_against_nobody() -> None:
    """One bad prompt would cool every vendor; and without the route's word it goes to nobody else."""
    for row in TABLE.values():
        if row.blame is Blame.CALLER:
            assert (row.again, row.other_key, row.rest_s, row.strikes) == (NEVER, False, 0, 0)
            assert row.other is not YES


def test_only_a_provider_s_failures_are_strikes() -> None:
    """Keys and accounts rest; the circuit is of the model of the provider."""
    for row in TABLE.values():
        assert not row.strikes or row.blame in {Blame.PROVIDER, Blame.MODEL}


SIGNALS = [
    (400, K.INVALID_REQUEST, None, S.BAD_REQUEST),
    (405, K.INVALID_REQUEST, None, S.BAD_REQUEST),
    (422, K.INVALID_REQUEST, None, S.BAD_REQUEST),
    (418, K.INVALID_REQUEST, None, S.BAD_REQUEST),
    (400, K.CONTEXT_OVERFLOW, None, S.CONTEXT_OVERFLOW),
    (413, K.CONTEXT_OVERFLOW, None, S.CONTEXT_OVERFLOW),
    (500, K.CONTEXT_OVERFLOW, None, S.CONTEXT_OVERFLOW),
    (413, K.TOO_LARGE, None, S.TOO_LARGE),
    (400, K.REFUSED, None, S.REFUSAL),
    (403, K.REFUSED, None, S.REFUSAL),
    (400, K.BILLING, None, S.BILLING),
    (402, K.BILLING, None, S.BILLING),
    (403, K.BILLING, None, S.BILLING),
    (429, K.BILLING, None, S.BILLING),
    (429, K.BILLING, 1.0, S.BILLING),
    (401, K.AUTH_UPSTREAM, None, S.AUTH),
    (400, K.AUTH_UPSTREAM, None, S.AUTH),  # Google's bad key
    (401, K.AUTH_CLIENT, None, S.AUTH),
    (403, K.PERMISSION, None, S.AUTH),
    (404, K.NOT_FOUND, None, S.MODEL_UNKNOWN),
    (408, K.TIMEOUT, None, S.TRANSIENT),
    (409, K.INVALID_REQUEST, None, S.TRANSIENT),
    (425, K.INVALID_REQUEST, None, S.TRANSIENT),
    (400, K.BAD_CALL, None, S.BAD_CALL),
    (500, K.BAD_CALL, None, S.BAD_CALL),
    (429, K.RATE_LIMIT, None, S.RATE_LONG),
    (429, K.RATE_LIMIT, 0.0, S.RATE_SHORT),
    (429, K.RATE_LIMIT, 2.0, S.RATE_SHORT),
    (429, K.RATE_LIMIT, 2.1, S.RATE_LONG),
    (429, K.RATE_LIMIT, 3600.0, S.RATE_LONG),
    (503, K.RATE_LIMIT, 1.0, S.RATE_SHORT),
    (429, K.OVERLOADED, None, S.RATE_LONG),
    (500, K.UPSTREAM, None, S.SERVER_ERROR),
    (502, K.UPSTREAM, 1.0, S.SERVER_ERROR),
    (503, K.OVERLOADED, None, S.SERVER_ERROR),
    (504, K.TIMEOUT, None, S.SERVER_ERROR),
    (501, K.NOT_IMPLEMENTED, None, S.SERVER_ERROR),
    (529, K.OVERLOADED, None, S.OVERLOADED),
    (500, K.OVERLOADED, None, S.OVERLOADED),
    (599, K.UPSTREAM, None, S.SERVER_ERROR),
    (301, K.UPSTREAM, None, S.PROTOCOL),
    (307, K.UPSTREAM, None, S.PROTOCOL),
]


@pytest.mark.parametrize(("status", "kind", "wait_s", "signal"), SIGNALS)
def test_a_failure_finds_its_row(
    status: int, kind: ErrorKind, wait_s: float | None, signal: Signal
) -> None:
    """By what the body said, then by the status; how long to wait parts the 429s."""
    assert signal_of(status, kind, wait_s) is signal


def test_every_status_has_a_row() -> None:
    """Without a word in its body, too; only a 4xx is ever the caller's."""
    blamed = {
        status: TABLE[signal_of(status, kind_of_status(status), None)].blame
        for status in range(300, 600)
    }

    assert all(400 <= status < 500 for status, who in blamed.items() if who is Blame.CALLER)
    theirs = {Blame.PROVIDER, Blame.MODEL}  # 529 is the model's
    assert all(who in theirs for status, who in blamed.items() if not 400 <= status < 500)


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_an_error_inside_an_answer_finds_the_row_of_its_status(kind: ErrorKind) -> None:
    """Its status would have said the same."""
    status = status_of_kind(kind)

    callers = {K.INVALID_REQUEST, K.CONTEXT_OVERFLOW, K.TOO_LARGE, K.REFUSED}
    assert (TABLE[signal_of(status, kind, None)].blame is Blame.CALLER) == (kind in callers)


# ---------------------------------------------------------------- how long to wait

NOW = datetime(2026, 11, 6, 8, 49, 37, tzinfo=UTC).timestamp()
AFTER, MS = "retry-after", "retry-after-ms"

WAITS = [
    ({}, None),
    ({AFTER: "3"}, 3.0),
    ({AFTER: "0"}, 0.0),
    ({AFTER: "0.5"}, 0.5),
    ({AFTER: " 7 "}, 7.0),
    ({MS: "250"}, 0.25),
    ({MS: "250", AFTER: "3"}, 0.25),
    ({MS: "nope", AFTER: "3"}, 3.0),
    ({MS: "-1", AFTER: "3"}, 3.0),
    ({MS: "nope"}, None),
    ({AFTER: ""}, None),
    ({AFTER: "-1"}, None),
    ({AFTER: "nan"}, None),
    ({AFTER: "inf"}, None),
    ({AFTER: "1e999"}, None),
    ({AFTER: "9999999999"}, None),
    ({AFTER: "86400"}, 86400.0),
    ({AFTER: "soon"}, None),
    ({AFTER: "3 seconds"}, None),
    ({AFTER: "32s"}, None),
    ({AFTER: "Fri, 06 Nov 2026 08:50:37 GMT"}, 60.0),
    ({AFTER: "Fri, 06 Nov 2026 08:48:37 GMT"}, 0.0),
    ({AFTER: "Sun, 06 Nov 1994 08:49:37 GMT"}, 0.0),
    ({AFTER: "Fri, 06 Nov 2026 09:50:37 +0100"}, 60.0),
    ({AFTER: "Friday, 06-Nov-26 08:50:37 GMT"}, 60.0),
    ({AFTER: "Fri Nov  6 08:50:37 2026"}, 60.0),  # asctime's form, which has no zone
    ({AFTER: "Fri, 06 Nov 2026 08:50:37 -0000"}, 60.0),
    ({AFTER: "Fri, 99 Nov 2026 08:50:37 GMT"}, None),
    ({AFTER: "2026-11-06T08:50:37Z"}, None),
    ({AFTER: "Fri, 06 Nov 2026 08:50:37 +9999999999"}, None),
]


@pytest.mark.parametrize(("headers", "wait_s"), WAITS)
def test_how_long_an_upstream_asks_to_wait(headers: dict[str, str], wait_s: float | None) -> None:
    """Milliseconds, seconds or a date; what cannot be read says nothing."""
    assert retry_after_s(headers, NOW) == wait_s


def test_a_date_without_a_zone_does_not_depend_on_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every date of HTTP is in GMT."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        wait_s = retry_after_s({AFTER: "Fri Nov  6 08:50:37 2026"}, NOW)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert wait_s == 60.0


@settings(max_examples=100)
@given(
    text=st.text(max_size=20)
    | st.text("FriNov 0123456789:,+-GMT", max_size=34)
    | st.builds("Fri, {} Nov {} {}:{}:00 {}".format, *[st.integers(-99, 10**6)] * 5),
    now_s=st.floats(0, 4e9),
)
def test_a_wait_is_finite_and_never_negative(text: str, now_s: float) -> None:
    """P30: whatever the header says."""
    wait_s = retry_after_s({AFTER: text, MS: text}, now_s)

    assert wait_s is None or 0 <= wait_s < 10**12


@pytest.mark.parametrize("signal", Signal)
def test_every_signal_has_words(signal: Signal) -> None:
    """Short ones, without the table's own terms."""
    words = words_of(signal)

    assert 8 <= len(words) <= 70
    assert "_" not in words


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (S.AUTH, "its key was refused; the key rests"),
        (S.MODEL_UNKNOWN, "it does not know the model; the model rests there"),
        (S.OVERLOADED, "it is overloaded; counts against the model there"),
        (S.BAD_REQUEST, "the request is not valid there; the request is at fault"),
        (S.TRANSIENT, "a passing failure"),
    ],
)
def test_words_say_who_bears_it(signal: Signal, words: str) -> None:
    """The key, the model, the caller, or nobody."""
    assert words_of(signal) == words
