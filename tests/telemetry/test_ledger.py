"""The ledger on a real SQLite file: what is written, what is missing, what a bad disk costs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aimux.config.schema import LedgerSettings
from aimux.model.response import UNKNOWN
from aimux.telemetry import ledger as ledger_module
from aimux.telemetry.ledger import Ledger
from aimux.telemetry.ledger_file import set_aside
from aimux.telemetry.ledger_queries import LedgerReader, Missing
from aimux.telemetry.ledger_rows import rows_of
from aimux.telemetry.ledger_schema import MIGRATIONS, VERSION, NewerLedger, migrate
from aimux.telemetry.ledger_tally import Count, Tally, read_counts
from aimux.telemetry.redact import Redactor
from aimux.vault.secret import Secret
from tests.support.daemon import until
from tests.support.records import STARTED, ended

INSTANCE = "0123456789abcdef"
KEPT = LedgerSettings(keep="36500d", max_mb=1024)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


@contextlib.contextmanager
def running(path: Path, instance: str = INSTANCE, **more: object) -> Iterator[Ledger]:
    ledger = Ledger(path, KEPT, instance, **more)  # type: ignore[arg-type]
    ledger.start()
    try:
        yield ledger
    finally:
        ledger.stop()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[LedgerReader]:
    with contextlib.closing(LedgerReader(path)) as reader:
        yield reader


def put(ledger: Ledger, *numbers: int, **more: object) -> None:
    for number in numbers:
        ledger.begin()
        ledger.observe(ended(number, **more))


def ids(path: Path) -> list[str]:
    with reading(path) as reader:
        return [each["id"] for each in reader.newest(100_000)]


def in_file(path: Path, count: int) -> Callable[[], bool]:
    def there() -> bool:
        try:
            with reading(path) as reader:
                return len(reader.newest(count)) == count
        except (FileNotFoundError, sqlite3.Error):
            return False

    return there


# ---------------------------------------------------------------- written


def test_what_is_observed_is_written_while_it_runs_and_at_the_end(path: Path) -> None:
    """Without asking for it, within a batch; the rest at the end.  Files are their owner's alone."""
    with running(path) as ledger:
        put(ledger, 1, 2)
        until(in_file(path, 2))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        put(ledger, 3)

    assert ids(path) == [ended(number).id for number in (1, 2, 3)]
    assert modes
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(ledger.notices()) == []


def test_a_second_process_reads_while_it_writes(path: Path) -> None:
    """A reader that stays open sees what is committed later, and holds up no writer."""
    with running(path) as ledger:
        put(ledger, 1)
        until(in_file(path, 1))
        with reading(path) as reader:
            put(ledger, *range(2, 1002))
            until(lambda: len(reader.newest(2000)) == 1001)


def test_what_is_not_there_is_null(path: Path) -> None:
    """Never 0, and never an empty text; the rows are those that were made, to the last column."""
    less = {"provider": None, "model": None, "mode": None, "project": None, "usage": UNKNOWN}
    with running(path) as ledger:
        put(ledger, 1)
        put(ledger, 2, cost_usd=None, first_event=None, **less)
    whole, bare = (
        rows_of(ended(1), 1, 1),
        rows_of(ended(2, cost_usd=None, first_event=None, **less), 2, 1),
    )

    with contextlib.closing(sqlite3.connect(path)) as connection:
        exchanges = connection.execute("SELECT * FROM exchanges ORDER BY n").fetchall()
        attempts = connection.execute("SELECT * FROM attempts ORDER BY exchange, n").fetchall()
    assert exchanges == [whole.exchange, bare.exchange]
    assert attempts == [*whole.attempts, *bare.attempts]
    assert bare.exchange.count(None) > 10


def test_a_run_counts_itself(path: Path) -> None:
    """Begun = recorded at a clean end, over several runs, and the count beside it is gone."""
    for instance in ("a" * 16, "b" * 16):
        with running(path, instance) as ledger:
            put(ledger, *(range(3) if instance[0] == "a" else range(10, 15)))

    rows = sqlite3.connect(path).execute(
        "SELECT instance, begun, recorded, dropped, ended FROM runs"
    )
    assert rows.fetchall() == [("a" * 16, 3, 3, 0, "stopped"), ("b" * 16, 5, 5, 0, "stopped")]
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing()


def test_an_open_exchange_is_not_missing_while_the_daemon_lives(path: Path) -> None:
    """And is, once the daemon is known to be dead."""
    with running(path) as ledger:
        ledger.begin()
        put(ledger, 1)
        until(in_file(path, 1))
        with reading(path) as reader:
            assert reader.missing(None, INSTANCE) == Missing()
            assert reader.missing(None, None) == Missing(1)


# ---------------------------------------------------------------- missing


def test_overflow_is_counted_and_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than may wait is dropped, never kept waiting; the count is in the file and in the notices."""
    monkeypatch.setattr(ledger_module, "MOST_WAITING", 5)
    monkeypatch.setattr(ledger_module, "RETRY_S", 0.05)
    path.mkdir(parents=True)
    with running(path) as ledger:
        until(lambda: bool(list(ledger.notices())))
        put(ledger, *range(8))
        assert ledger.dropped == 3
        assert list(ledger.notices())[1:] == [
            "3 exchanges are missing in the ledger: it could not keep up with them"
        ]
        path.rmdir()
        until(in_file(path, 5))
        with reading(path) as reader:
            assert reader.missing(None, INSTANCE) == Missing(3)
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing(3)


def dead(path: Path, instance: str, begun: int, recorded: int) -> None:
    """What a daemon leaves behind that was killed: some rows, a count, books that are not closed."""
    with running(path, instance) as ledger:
        put(ledger, *range(recorded))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET ended = NULL WHERE instance = ?", (instance,))
        connection.commit()
    with Tally(path.parent, instance) as tally:
        for _ in range(begun):
            tally.begin()


def test_after_a_kill_the_missing_are_known(path: Path) -> None:
    """To a command that comes before the next daemon, and to the next daemon, who notes them."""
    dead(path, INSTANCE, begun=9, recorded=6)
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing(3)

    with running(path, "f" * 16):
        until(
            lambda: (
                ("killed",) in sqlite3.connect(path).execute("SELECT ended FROM runs").fetchall()
            )
        )
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing(3)


def test_a_daemon_that_was_killed_before_it_wrote_anything(path: Path) -> None:
    """It has no books in the file; its count tells all the same, once."""
    with running(path) as ledger:
        put(ledger, 1)
    with Tally(path.parent, "e" * 16) as tally:
        for _ in range(4):
            tally.begin()
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing(4)
        assert reader.missing(None, "e" * 16) == Missing()
    for instance in ("f" * 16, "d" * 16):
        with running(path, instance):
            pass
        with reading(path) as reader:
            assert reader.missing(None, None) == Missing(4)


def test_killed_again_before_the_books_were_closed(path: Path) -> None:
    """A daemon that has begun to count and not come to its ledger yet hides nothing of the one before."""
    dead(path, INSTANCE, begun=9, recorded=6)
    with Tally(path.parent, "e" * 16) as tally, reading(path) as reader:
        assert reader.missing(None, "e" * 16) == Missing(3)
        tally.begin()
        assert reader.missing(None, None) == Missing(4)

    with running(path, "f" * 16):
        until(lambda: read_counts(path.parent) == (Count("f" * 16, 0),))
        with reading(path) as reader:
            assert reader.missing(None, "f" * 16) == Missing(4)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT instance, begun, ended FROM runs ORDER BY instance")
        assert rows.fetchall() == [
            (INSTANCE, 9, "killed"),
            ("e" * 16, 1, "killed"),
            ("f" * 16, 0, "stopped"),
        ]


def test_a_file_that_is_being_made_is_none_yet(path: Path) -> None:
    """A command may come between the file and its tables."""
    path.parent.mkdir()
    path.touch(0o600)
    with pytest.raises(FileNotFoundError):
        LedgerReader(path)


def test_where_the_machine_went_down_it_says_at_least(path: Path) -> None:
    """The count in memory is gone with it."""
    dead(path, INSTANCE, begun=9, recorded=6)
    Tally(path.parent, "e" * 16).remove()

    with reading(path) as reader:
        assert reader.missing(None, None) == Missing(0, at_least=True)
    with running(path, "f" * 16):
        pass
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing(0, at_least=True)


# ---------------------------------------------------------------- bad disks


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_set_aside(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Under a name with its date, with every byte that it had; a new one is begun at once."""
    path.parent.mkdir(mode=0o700)
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING), running(path) as ledger:
        put(ledger, 1)
        until(in_file(path, 1))
        told = list(ledger.notices())

    [aside] = path.parent.glob("ledger.sqlite3.broken-*Z")
    assert aside.read_bytes() == content
    assert len([each for each in caplog.records if "set aside" in each.message]) == 1
    assert [each for each in told if str(aside) in each]
    assert ledger.dropped == 0


def test_damage_while_it_runs(path: Path) -> None:
    """The batch that found it is written to the new file; what was in the old one is still there."""
    with running(path) as ledger:
        put(ledger, *range(400))
        until(in_file(path, 400))
        ledger._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (path.stat().st_size - 4096))
        ledger._connection.execute("PRAGMA shrink_memory")  # type: ignore[union-attr]
        ledger._close()
        put(ledger, 1000)
        until(in_file(path, 1))

    assert ids(path) == [ended(1000).id]
    assert len(list(path.parent.glob("*.broken-*Z"))) == 1
    assert ledger.dropped == 0
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing()


def test_two_files_set_aside_within_a_second(path: Path) -> None:
    """Neither overwrites the other."""
    path.parent.mkdir()
    made = []
    for content in (b"1", b"2"):
        path.write_bytes(content)
        made.append(set_aside(path))

    assert [each.read_bytes() for each in made] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("max_page_count = 1", "database or disk is full"),  # no smaller than it is
        ("query_only = ON", "attempt to write a readonly database"),
    ],
)
def test_a_full_or_readonly_disk_is_waited_out(
    path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    words: str,
) -> None:
    """One warning; records wait; when there is room again all of them are written."""
    monkeypatch.setattr(ledger_module, "RETRY_S", 0.05)
    monkeypatch.setattr(ledger_module, "LONGEST_RETRY_S", 0.05)
    full = threading.Event()
    full.set()
    real = ledger_module.opened

    def small(where: Path) -> sqlite3.Connection:
        connection = real(where)
        if full.is_set():
            connection.execute(f"PRAGMA {limit}").fetchall()
        return connection

    monkeypatch.setattr(ledger_module, "opened", small)
    with caplog.at_level(logging.WARNING), running(path) as ledger:
        put(ledger, *range(300))
        until(lambda: any(words in each for each in ledger.notices()))
        time.sleep(0.3)  # some more tries, none of which is told
        full.clear()
        until(in_file(path, 300))
        until(lambda: not list(ledger.notices()))

    assert [each.message for each in caplog.records if each.levelno == logging.WARNING] == [
        f"the ledger cannot be written, requests go on: {words}"
    ]
    assert ledger.dropped == 0


def test_a_folder_in_the_way(path: Path) -> None:
    """A path that can be no file (works for root as well): told, waited, counted at the end."""
    path.mkdir(parents=True)
    ledger = Ledger(path, KEPT, INSTANCE)
    ledger.start()
    put(ledger, 1, 2)
    until(lambda: any("2 exchanges are waiting" in each for each in ledger.notices()))
    ledger.stop()

    assert ledger.dropped == 2
    assert path.is_dir()


def test_a_later_file_is_left_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not a byte of it changes; one warning; requests go on."""
    with running(path) as ledger:
        put(ledger, 1)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()

    with caplog.at_level(logging.WARNING), running(path, "f" * 16) as ledger:
        put(ledger, 2)
        until(lambda: any("later aimux" in each for each in ledger.notices()))
        put(ledger, 3)
        until(lambda: ledger.dropped == 2)

    assert path.read_bytes() == before
    assert len(caplog.records) == 1
    with pytest.raises(NewerLedger):
        LedgerReader(path)


def test_a_file_that_is_taken_away_is_made_again(path: Path) -> None:
    """Nobody's rows go into a file without a name."""
    with running(path) as ledger:
        put(ledger, 1)
        until(in_file(path, 1))
        for each in path.parent.glob("ledger.sqlite3*"):
            each.rename(each.with_name(f"moved-{each.name}"))
        put(ledger, 2)
        until(in_file(path, 1))

    assert ids(path) == [ended(2).id]
    with reading(path) as reader:
        assert reader.missing(None, None) == Missing()


def test_a_record_that_is_a_bug_costs_its_batch_and_no_more(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted."""
    with running(path) as ledger:
        put(ledger, 1, usage="nonsense")
        until(lambda: ledger.dropped == 1)
        put(ledger, 2)
        until(in_file(path, 1))

    assert "lost 1 records" in caplog.text
    assert ids(path) == [ended(2).id]


# ---------------------------------------------------------------- versions


SECOND = ("ALTER TABLE exchanges ADD COLUMN mood TEXT", "CREATE TABLE moods (mood TEXT)")


def test_an_older_file_is_brought_up_to_date(path: Path) -> None:
    """Its rows stay; each migration happens once."""
    with running(path) as ledger:
        put(ledger, 1, 2)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for _ in range(2):
            migrate(connection, (*MIGRATIONS, SECOND))
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
        assert connection.execute("SELECT id, mood FROM exchanges").fetchall() == [
            (ended(1).id, None),
            (ended(2).id, None),
        ]


def test_a_migration_that_fails_leaves_the_version_before(path: Path) -> None:
    """All of it or nothing."""
    with running(path) as ledger:
        put(ledger, 1)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, (*MIGRATIONS, (*SECOND, "CREATE TABLE moods (mood TEXT)")))
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(exchanges)")]
    assert "mood" not in columns


# ---------------------------------------------------------------- retention


def test_by_age_sums_go_too(path: Path) -> None:
    """Hours that are too old go with their exchanges, the attempts with theirs."""
    old = time.time() - 3 * 86400
    with running(path) as ledger:
        put(ledger, *range(1200), started_at=old)
        put(ledger, 5000, started_at=time.time())
        until(in_file(path, 1201))
        ledger.configure(LedgerSettings(keep="2d"))
        until(lambda: len(ids(path)) == 1)

    assert ids(path) == [ended(5000).id]
    with reading(path) as reader:
        assert sum(each.exchanges for each in reader.usage(None, "provider")) == 1
        assert reader.missing(None, None) == Missing()
    attempts = sqlite3.connect(path).execute("SELECT count(*) FROM attempts").fetchone()
    assert attempts == (1,)


def test_by_size_the_oldest_go_and_sums_stay(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to the size, and the file itself becomes smaller."""
    monkeypatch.setattr("aimux.telemetry.ledger_prune._MEBIBYTE", 2**15)  # max_mb = 16: 512 KiB
    with running(path) as ledger:
        put(ledger, *range(2000))
        until(in_file(path, 2000))
        ledger.configure(LedgerSettings(keep="36500d", max_mb=16))
        until(lambda: len(ids(path)) <= 1000)

    left = ids(path)
    assert 0 < len(left) <= 1000
    assert left == [ended(number).id for number in range(2000 - len(left), 2000)]
    with reading(path) as reader:
        assert sum(each.exchanges for each in reader.usage(None, "provider")) == 2000
    assert path.stat().st_size < 700_000


# ---------------------------------------------------------------- nothing else is in it


def test_no_key_and_no_word_of_a_provider_is_written(path: Path) -> None:
    """A key in a model's name, one in a header, error messages: by value and by shape."""
    redactor = Redactor()
    redactor.hide([Secret("canary-of-no-shape")])
    record = ended(1, asked_model="sk-test-0123456789abcdefghijkl", project="/x/canary-of-no-shape")
    record.outcome = "upstream_error"
    record.error = "upstream-status: a: you said 'the secret plan'"
    record.attempts[0].outcome, record.attempts[0].error = "server_error", "a: 'the secret plan'"
    assert record.decision is not None
    refused = dataclasses.replace(
        record.decision.refusals[0],
        target="a/m",
        reason="its circuit is open: a: you said the secret plan (for 30 s more)",
    )
    record.decision = record.decision._replace(refusals=(refused,))
    with running(path, redactor=redactor) as ledger:
        ledger.begin()
        ledger.observe(record)

    whole = b"".join(each.read_bytes() for each in path.parent.iterdir())
    for needle in (b"0123456789abcdefghijkl", b"canary-of-no-shape", b"secret plan"):
        assert needle not in whole
    with reading(path) as reader:
        facts = reader.exchange("last")
        [row] = reader.usage(None, "project")
    assert facts is not None
    assert facts["refusals"] == [{"target": "a/m", "reason": "its circuit is open (for 30 s more)"}]
    assert facts["error"] == "upstream-status"
    assert "canary" not in row.name


def test_it_is_plain_json(path: Path) -> None:
    """What is told of an exchange can be printed by ``--json``."""
    with running(path) as ledger:
        put(ledger, 1)
    with reading(path) as reader:
        facts = reader.exchange(ended(1).id)
        assert reader.exchange("ax_nobody") is None

    assert json.loads(json.dumps(facts)) == facts
    assert facts is not None
    assert facts["started_at"].startswith("2026-11-06")
    assert STARTED + 1 == 1_794_000_001.0


def test_two_daemons_write_while_one_follows_the_other(path: Path) -> None:
    """Numbers stay unique, nothing is lost, and both books are closed by those whose they are."""
    with running(path, "a" * 16) as old:
        put(old, 1)
        until(in_file(path, 1))
        old.begin()
        old.leave()
        with running(path, "b" * 16) as new:
            put(new, 2, 3)
            until(in_file(path, 3))
            old.observe(ended(4))
            put(old, 5)
            until(in_file(path, 5))
            put(new, 6)
            until(in_file(path, 6))
    with contextlib.closing(sqlite3.connect(path)) as file:
        books = file.execute(
            "SELECT instance, begun, recorded, dropped, ended FROM runs"
        ).fetchall()
        numbers = [n for (n,) in file.execute("SELECT n FROM exchanges ORDER BY n")]
        orphans = file.execute(
            "SELECT count(*) FROM attempts WHERE exchange NOT IN (SELECT n FROM exchanges)"
        ).fetchone()

    assert books == [("a" * 16, 3, 3, 0, "stopped"), ("b" * 16, 3, 3, 0, "stopped")]
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert orphans == (0,)
