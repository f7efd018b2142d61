"""Asks the daemon: the command line's only way to it.

HTTP over loopback with the admin token, through ``http.client``: light to import, and blind to the
proxy variables of the environment.  Each call is one connection.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, cast

from aimux.admin.presence import Presence, is_held, read_presence
from aimux.admin.problems import error_from
from aimux.admin.shapes import (
    API,
    AlertShape,
    ExchangeShape,
    LoginCodeShape,
    PingShape,
    RehearsalShape,
    ReloadShape,
    ResetShape,
    ScriptShape,
    ShutdownShape,
    StatusShape,
    ToldShape,
)
from aimux.config.paths import Paths
from aimux.errors import AimuxError, DaemonError, NotRunning, TimedOut
from aimux.vault.secret import Secret

ANSWER_S: Final = 5.0
"""How long an answer may take that needs no more than memory."""

RELOAD_S: Final = 30.0
"""Reading keys may wait for keyrings and for programs."""

TELLING_S: Final = 60.0
"""Web addresses may be slow, one after the other."""


def found_daemon(paths: Paths) -> Presence:
    """The daemon of this home, as far as it can be seen without asking it.

    Raises:
        NotRunning: nobody holds the lock.
        TimedOut: somebody does and has not said yet where it listens.
    """
    if not is_held(paths.lock):
        raise NotRunning("aimux is not running", hint="start it with: aimux start")
    presence = read_presence(paths)
    if presence is None:
        raise TimedOut(
            "aimux is starting and does not listen yet",
            hint=f"ask again in a moment; its log is {str(paths.log)!r}",
        )
    return presence


@dataclass(frozen=True, slots=True)
class AdminClient:
    """The admin API of one daemon."""

    presence: Presence
    token: Secret

    @classmethod
    def connect(cls, paths: Paths) -> Self:
        """A client for the daemon of this home, which has answered.

        Raises:
            NotRunning: there is none.
            TimedOut: there is one, and it does not answer.
            DaemonError: somebody else answers at its address, or will not take our token.
        """
        from aimux.vault.tokens import read_token

        presence = found_daemon(paths)
        token = read_token(paths.admin_token)
        if token is None:
            raise DaemonError(
                f"aimux runs (pid {presence.pid}), but its token {str(paths.admin_token)!r} is gone",
                hint="aimux restart makes another one",
            )
        answering = cls(presence, token).ping().get("instance")
        if answering != presence.instance:
            presence = found_daemon(paths)  # one may have taken over from the other just now
        if answering != presence.instance:
            raise _somebody_else(presence)
        return cls(presence, token)

    def ping(self) -> PingShape:
        """Who answers."""
        return cast("PingShape", self._call("GET", "/ping"))

    def status(self) -> StatusShape:
        """The daemon's state."""
        return cast("StatusShape", self._call("GET", "/status"))

    def reload(self) -> ReloadShape:
        """Applies the configuration as it is on the disk now.

        Raises:
            ConfigError: it has problems; the running one stays.
        """
        return cast("ReloadShape", self._call("POST", "/reload", {}, limit_s=RELOAD_S))

    def reload_tokens(self) -> int:
        """Reads the client tokens anew, and nothing else; how many there are.

        Raises:
            VaultError: their file cannot be read or trusted; those that hold stay.
        """
        return int(self._call("POST", "/tokens/reload", {})["tokens"])

    def shutdown(self, drain_s: float | None) -> ShutdownShape:
        """Asks the daemon to end.

        ``drain_s`` is how long it may wait for open exchanges: ``None`` as configured, 0 not at all.
        """
        return cast("ShutdownShape", self._call("POST", "/shutdown", {"drain_s": drain_s}))

    def exchanges(self, most: int | None = None) -> list[ExchangeShape]:
        """The most recent exchanges, newest first."""
        query = f"?limit={most}" if most else ""
        return cast("list[ExchangeShape]", self._call("GET", f"/exchanges{query}")["exchanges"])

    def exchange(self, identity: str) -> ExchangeShape:
        """One exchange; ``last`` is the newest.

        Raises:
            UnknownPath: the daemon does not remember it.
        """
        from urllib.parse import quote

        return cast("ExchangeShape", self._call("GET", f"/exchanges/{quote(identity, safe='')}"))

    def alerts(self) -> list[AlertShape]:
        """All alerts, in the order of the configuration."""
        return cast("list[AlertShape]", self._call("GET", "/alerts")["alerts"])

    def test_alert(self, number: int | None) -> list[ToldShape]:
        """Sends a test to the places of an alert, or of all.

        Raises:
            UsageError: there is no such alert.
        """
        told = self._call("POST", "/alerts/test", {"alert": number}, limit_s=TELLING_S)
        return cast("list[ToldShape]", told["told"])

    def unlock(self, passphrase: Secret) -> None:
        """Gives the daemon the vault's passphrase.

        Raises:
            VaultLocked: it is not the right one.
        """
        self._call("POST", "/vault/unlock", {"passphrase": passphrase.reveal()}, limit_s=RELOAD_S)

    def rehearse(self, script: ScriptShape) -> RehearsalShape:
        """What would become of a request now; nothing is sent.

        Raises:
            ClientError, NoCandidate: what its client would be told.
        """
        answer = self._call(
            "POST", "/routes/test", cast("dict[str, object]", script), limit_s=RELOAD_S
        )
        return cast("RehearsalShape", answer)

    def reset(self, provider: str) -> ResetShape:
        """Ends everything for which a provider is left alone.

        Raises:
            UnknownPath: the daemon has no provider of that name.
        """
        from urllib.parse import quote

        answer = self._call("POST", f"/providers/{quote(provider, safe='')}/reset", {})
        return cast("ResetShape", answer)

    def login_code(self) -> LoginCodeShape:
        """A code that opens one session of the dashboard.

        Raises:
            UnknownPath: the configuration wants no dashboard.
        """
        return cast("LoginCodeShape", self._call("POST", "/login-codes", {}))

    # ------------------------------------------------------------ one call

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        limit_s: float = ANSWER_S,
    ) -> dict[str, Any]:
        status, content = self._exchange(method, path, body, limit_s)
        try:
            answer = json.loads(content)
        except ValueError as problem:
            raise _somebody_else(self.presence) from problem
        if not isinstance(answer, dict):
            raise _somebody_else(self.presence)
        if status >= 400:
            raise self._refusal(status, answer)
        return answer

    def _exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        limit_s: float,
    ) -> tuple[int, bytes]:
        headers = {"authorization": f"Bearer {self.token.reveal()}", "accept": "application/json"}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["content-type"] = "application/json"
        connection = self._connection(limit_s)
        try:
            connection.request(method, API + path, content, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except TimeoutError as problem:
            raise _silent(self.presence, f"did not answer within {limit_s:g} s") from problem
        except OSError as problem:
            why = problem.strerror or str(problem)
            raise _silent(self.presence, f"cannot be reached: {why}") from problem
        except http.client.IncompleteRead as problem:
            raise _silent(self.presence, "broke off its answer") from problem
        except http.client.HTTPException as problem:
            raise _somebody_else(self.presence) from problem
        finally:
            connection.close()

    def _connection(self, limit_s: float) -> http.client.HTTPConnection:
        host, _, port = self.presence.url.removeprefix("http://").rpartition(":")
        return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=limit_s)

    def _refusal(self, status: int, answer: Mapping[str, Any]) -> AimuxError:
        if status in {401, 403, 421}:
            return _somebody_else(self.presence)
        problem = error_from(answer)
        error = answer.get("error")
        if status == 404 and not (isinstance(error, dict) and "hint" in error):
            return self._too_old(problem)  # told by the gateway's door, and not by the admin API
        return problem

    def _too_old(self, problem: AimuxError) -> AimuxError:
        """An address the daemon does not know: after an upgrade it is the older of the two."""
        from aimux import __version__

        if self.presence.version == __version__:
            return problem
        return DaemonError(
            f"the daemon is version {self.presence.version}, this command {__version__}, "
            "and it does not know what was asked",
            hint="aimux restart",
        )


def _silent(presence: Presence, what: str) -> TimedOut:
    return TimedOut(
        f"aimux runs (pid {presence.pid}), but {presence.url} {what}",
        hint="see why with: aimux logs; end it with: aimux stop --now",
    )


def _somebody_else(presence: Presence) -> DaemonError:
    return DaemonError(
        f"aimux runs (pid {presence.pid}), but another program answers at {presence.url}",
        hint="aimux restart; if it happens again, another port: aimux config set server.port PORT",
    )
