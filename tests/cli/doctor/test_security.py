"""The attacks themselves: against a door that stands open each of them has to say so."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimux.cli.doctor import surface
from aimux.cli.doctor.attack import Attack, attacks, tried
from aimux.vault.tokens import ensure_token
from tests.support.patient import patient_in

CLIENT = "aimux-client-test-0123456789abcdef0123456789"
ADMIN = "aimux-admin-test-0123456789abcdef0123456789"
OPEN = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Door:
    """A server that gives every connection the same bytes, whatever it asks."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.socket.getsockname()
        self.heard: list[bytes] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self.heard.append(connection.recv(2**18))
                connection.sendall(self.answer)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def door() -> Iterator[Door]:
    """A door that lets everybody in."""
    made = Door(OPEN)
    yield made
    made.close()


def test_every_attack_sees_an_open_door(door: Door) -> None:
    """None of them would call it closed; what is sent is what was meant."""
    tries = [tried(each, door.address, (CLIENT, ADMIN)) for each in attacks(CLIENT, ADMIN, 1)]

    assert {each.hole for each in tries if len(each.attack.target) < 1000} == {
        "it was answered with 200"
    }
    assert len(tries) > 60
    assert door.heard[0].startswith(b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1:")
    assert any(b"\r\nhost: rebound.example\r\n" in each for each in door.heard)
    assert any(b"\r\nhost:" not in each for each in door.heard)


def test_the_attacks_are_told_apart() -> None:
    """No two have the same words but for one path that is written in two ways."""
    words = [each.words for each in attacks(CLIENT, ADMIN, 1)]

    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("answer", "hole"),
    [
        (b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", ""),
        (b"HTTP/1.1 401 No\r\nAccess-Control-Allow-Origin: *\r\ncontent-length: 0\r\n\r\n",
         "it permits other origins (Access-Control-Allow-Origin)"),
        (b"HTTP/1.1 401 No\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", "it leads elsewhere"),
        (b"HTTP/1.1 401 No\r\n\r\n" + CLIENT.encode(), "it tells a token"),
        (b"", ""),
        (b"no HTTP", ""),
    ],
)  # fmt: skip
def test_what_is_a_hole(answer: bytes, hole: str) -> None:
    """A refusal may still give something away; no answer gives nothing away."""
    made = Door(answer)
    outcome = tried(Attack("x", "/", frozenset({401})), made.address, (CLIENT, ADMIN))
    made.close()

    assert outcome.hole == hole


def test_holes_are_told_with_what_to_do(door: Door, tmp_path: Path) -> None:
    """The daemon that lets everybody in, and answers nothing sensible afterwards."""
    url = f"http://127.0.0.1:{door.address[1]}"
    patient = patient_in(tmp_path, status={"url": url, "address": "0.0.0.0:1", "pid": 2**22 + 1})
    ensure_token(patient.paths.client_token, "client")
    ensure_token(patient.paths.admin_token, "admin")

    found = list(surface.look(patient))

    holes = [each for each in found if each.state == "failed" and "not held" in each.what]
    assert len(holes) > 60
    assert {each.mend for each in holes} == {surface.REPORT}
    assert any("after the attacks" in each.what for each in found)
    assert [each.state for each in found if each.subject == "address"] == ["warning"]


def test_without_tokens_there_is_nothing_to_try(tmp_path: Path) -> None:
    """Their files are gone."""
    found = list(surface.look(patient_in(tmp_path, status={"pid": 2**22 + 1})))

    assert (found[0].state, found[0].mend) == ("failed", "aimux restart")


def test_a_process_that_gives_itself_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This very process can be read by its user; a daemon cannot."""
    import os
    import subprocess
    import sys

    patient = patient_in(tmp_path, status={})
    token = ensure_token(patient.paths.client_token, "client").reveal()
    ensure_token(patient.paths.admin_token, "admin")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()", token],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # from here on the arguments are its own
        status = patient.daemon
        assert isinstance(status, dict)
        found = list(surface._process(patient, {**status, "pid": process.pid}))  # type: ignore[typeddict-item]
        assert process.stdin is not None
        process.communicate(b"\n")

    assert [(each.state, each.what) for each in found] == [
        ("failed", "its arguments hold client.token"),
        ("warning", "not held: other programs of yours may read its environ"),
        ("warning", "not held: other programs of yours may read its mem"),
    ]
