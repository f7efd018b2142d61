"""The OS keyring, seen from a process that must not hang: every question goes to a child.

A locked keyring with a screen shows a dialog and blocks until somebody answers.  The daemon asks for
no dialog (it probes the lock first) and waits three seconds; a person at a terminal gets the dialog
and a minute.  What is written is read back by a second child: a keyring that only remembers within
its own process has kept nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aimux.errors import KeyringLocked, KeyringUnavailable, VaultError
from aimux.vault.child import Outcome, Patience, environment_without_keys, run_child
from aimux.vault.secret import Secret

SERVICE: Final = "aimux"
DAEMON_LIMIT_S: Final = 3.0
TERMINAL_LIMIT_S: Final = 60.0

UNLOCK_HINT: Final = "unlock your login keyring, then: aimux reload"
VAULT_HINT: Final = "keep the key in aimux's own vault: aimux keys set PROVIDER --vault"

Found = Secret | VaultError | None
"""What a name leads to: a stored text, a reason why it cannot be had, or nothing."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keyring of this environment.

    ``dialog`` lets it ask the person at the screen; ``waiting`` is then called once if it takes
    longer than a second.
    """

    environ: Mapping[str, str] = field(repr=False)
    limit_s: float = DAEMON_LIMIT_S
    dialog: bool = False
    waiting: Callable[[], None] | None = None

    def read(self, names: Iterable[str]) -> dict[str, Found]:
        """What each name leads to; one child for all, and no name's trouble is another's."""
        asked = list(names)
        answers = self._ask([{"do": "get", "name": name} for name in asked])
        return dict(zip(asked, map(_found, answers), strict=True))

    def write(self, name: str, text: Secret) -> None:
        """Stores a text and makes sure that it is there.

        Raises:
            KeyringUnavailable: there is none, or it does not keep what it is given.
            KeyringLocked: it did not open in time.
        """
        self._do({"do": "set", "name": name, "text": text.reveal()})
        kept = self.read([name])[name]
        if isinstance(kept, VaultError):
            raise kept
        if kept != text:
            raise KeyringUnavailable("the keyring did not keep what it was given", hint=VAULT_HINT)

    def delete(self, name: str) -> bool:
        """Removes what a name leads to; False if there was nothing.

        Raises:
            KeyringUnavailable: there is none, or it still has the text afterwards.
            KeyringLocked: it did not open in time.
        """
        if not self._do({"do": "delete", "name": name}):
            return False
        left = self.read([name])[name]
        if isinstance(left, VaultError):
            raise left
        if left is not None:
            raise KeyringUnavailable("the keyring still has what it was told to remove")
        return True

    def backend(self) -> str:
        """The name of the class that keeps the keys here, once it has shown that it is open.

        Raises:
            KeyringUnavailable: there is none that keeps secrets.
            KeyringLocked: it is not open, or did not say so in time.
        """
        outcome = self._outcome([])
        if isinstance(outcome, VaultError):
            raise outcome
        first = next(iter(_lines(outcome.output)), {})
        problem = _trouble(first)
        if problem is not None or "backend" not in first:
            raise problem or self._unfinished(outcome)
        return first["backend"]

    def _do(self, request: dict[str, str]) -> bool:
        """Whether there was something to do it to."""
        answer = self._ask([request])[0]
        if isinstance(answer, VaultError):
            raise answer
        return answer["state"] != "missing"

    def _ask(self, requests: Sequence[Mapping[str, str]]) -> list[Mapping[str, str] | VaultError]:
        """The child's answer to each request, or why there is none."""
        if not requests:
            return []
        outcome = self._outcome(requests)
        if isinstance(outcome, VaultError):
            return [outcome] * len(requests)
        return self._sorted_out(outcome, len(requests))

    def _outcome(self, requests: Sequence[Mapping[str, str]]) -> Outcome | VaultError:
        """What became of a child that was asked, or why there was none."""
        question = {
            "limit_s": self.limit_s,
            "probe": not self.dialog,
            "service": SERVICE,
            "requests": requests,
        }
        try:
            return run_child(
                _child_command(),
                _child_environment(self.environ),
                Patience(self.limit_s, self.waiting),
                json.dumps(question).encode(),
            )
        except OSError as problem:
            return KeyringUnavailable(f"the keyring's process did not start: {problem.strerror}")

    def _sorted_out(self, outcome: Outcome, count: int) -> list[Mapping[str, str] | VaultError]:
        """The first line is the keyring's own state, the others are answers; some may lack."""
        first, *answers = _lines(outcome.output) or [{}]
        lacking = _trouble(first) or self._unfinished(outcome)
        told = [_trouble(answer) or answer for answer in answers[:count]]
        return [*told, *[lacking] * (count - len(told))]

    def _unfinished(self, outcome: Outcome) -> VaultError:
        """Why a child that began well gave no more answers."""
        if outcome.end == "timeout":
            return KeyringLocked(
                f"the keyring did not answer within {self.limit_s:g} s", hint=UNLOCK_HINT
            )
        return KeyringUnavailable(
            f"the keyring's process ended with status {outcome.status}", hint=VAULT_HINT
        )


def _child_command() -> list[str]:
    """``-P`` keeps the folder one stands in off the path: a ``keyring.py`` there is not ours."""
    return [sys.executable, "-P", "-m", "aimux.vault.keyring_process"]


def _child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Without keys, and with the session's bus where the variable is lost (ssh, cron, a service).

    ``$XDG_RUNTIME_DIR/bus`` is where systemd puts it, and where sd-bus itself looks.
    """
    own = environment_without_keys(environ)
    runtime = own.get("XDG_RUNTIME_DIR")
    if runtime and "DBUS_SESSION_BUS_ADDRESS" not in own:
        bus = Path(runtime) / "bus"
        if bus.is_socket():
            own["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
    return own


def _lines(output: bytes) -> list[dict[str, str]]:
    """The answers that are whole; the last one may be cut where the child was killed."""
    return [json.loads(line) for line in output.splitlines(keepends=True) if line.endswith(b"\n")]


def _found(answer: Mapping[str, str] | VaultError) -> Found:
    if isinstance(answer, VaultError):
        return answer
    return Secret(answer["text"]) if answer["state"] == "found" else None


def _trouble(answer: Mapping[str, str]) -> VaultError | None:
    """The error that an answer means, if it means one."""
    detail = answer.get("detail", "")
    match answer.get("state", ""):
        case "none":
            return KeyringUnavailable("this system has no keyring that answers", hint=VAULT_HINT)
        case "refused":
            return KeyringUnavailable(
                "the only keyring here keeps keys in the clear or not at all", hint=VAULT_HINT
            )
        case "broken":
            return KeyringUnavailable(
                f"the keyring cannot be loaded ({detail})",
                hint="look at PYTHON_KEYRING_BACKEND and keyringrc.cfg, or " + VAULT_HINT,
            )
        case "failed":
            return KeyringUnavailable(f"the keyring failed ({detail})", hint=VAULT_HINT)
        case "locked":
            return KeyringLocked("the keyring is locked", hint=UNLOCK_HINT)
        case "empty":
            return KeyringLocked(
                "the keyring has not been set up: it has no default collection",
                hint="log in on the desktop once, or " + VAULT_HINT,
            )
        case _:
            return None
