"""The process that touches the OS keyring: ``python -P -m aimux.vault.keyring_process``.

A keyring may show a dialog and block for as long as nobody answers it, and a backend may be anything
that some installed package registers.  So all of it happens here, in a process of its own that its
parent kills when its time is over, and that ends by itself if the parent is gone first.

It reads one JSON object from stdin and writes JSON lines to stdout, each as soon as it is known, so
that a hang at the fifth key does not lose the first four:

    <- {"limit_s": 3.0, "probe": true, "service": "aimux",
        "requests": [{"do": "get", "name": "zai/default"},
                     {"do": "set", "name": ..., "text": ...}, {"do": "delete", "name": ...}]}
    -> {"state": "ready", "backend": "keyring.backends.SecretService.Keyring"}
    -> {"state": "found", "text": ...} | {"state": "missing"} | {"state": "done"}
       | {"state": "locked" | "failed", "detail": "KeyringLocked"}

The first line may also be ``none`` (no keyring), ``refused`` (one that keeps no secrets), ``broken``
(it cannot be loaded), ``locked`` or ``empty`` (no collection yet); then no other line follows.
``detail`` is the name of an exception's class: its text may hold anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_GRACE_S: Final = 1.0
_LOCKED: Final = frozenset(
    {"KeyringLocked", "InitError", "LockedException", "PromptDismissedException"}
)
_SECRET_SERVICE: Final = ("keyring.backends.SecretService", "keyring.backends.libsecret")


def main() -> None:
    """Answers the one request on stdin."""
    request = json.load(sys.stdin.buffer)
    _end_in_time(request["limit_s"] + _GRACE_S)
    with _private_stdout() as answers:
        for answer in _answers(request):
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()


def _end_in_time(limit_s: float) -> None:
    """The default action of SIGALRM ends the process, whatever it is blocked in; no core is left."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, limit_s)


@contextlib.contextmanager
def _private_stdout() -> Iterator[Any]:
    """Our own stdout; what a backend prints goes to stderr, which nobody reads."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        yield answers


def _answers(request: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    try:
        chain = _usable_backends()
    except Exception as problem:  # noqa: BLE001 -- a backend is foreign code and raises what it likes
        yield {"state": "broken", "detail": type(problem).__name__}
        return
    if isinstance(chain, str):
        yield {"state": chain}
        return
    backend = chain[0]
    state = _probe(backend) if request["probe"] else "ready"
    yield {"state": state, "backend": _class_name(type(backend))}
    if state != "ready":
        return
    for each in request["requests"]:
        yield _answer(chain, request["service"], each)


def _answer(
    chain: list[KeyringBackend], service: str, request: Mapping[str, str]
) -> dict[str, str]:
    try:
        return _done(chain, service, request)
    except Exception as problem:  # noqa: BLE001 -- the same; only its class is told
        name = type(problem).__name__
        return {"state": "locked" if name in _LOCKED else "failed", "detail": name}


def _done(chain: list[KeyringBackend], service: str, request: Mapping[str, str]) -> dict[str, str]:
    name = request["name"]
    if request["do"] == "set":
        chain[0].set_password(service, name, request["text"])
        return {"state": "done"}
    holders = ((each, each.get_password(service, name)) for each in chain)
    holder, text = next(((h, t) for h, t in holders if isinstance(t, str)), (None, ""))
    if holder is None:
        return {"state": "missing"}
    if request["do"] == "get":
        return {"state": "found", "text": text}
    holder.delete_password(service, name)
    return {"state": "done"}


# ---------------------------------------------------------------- which keyring


def _usable_backends() -> list[KeyringBackend] | str:
    """The backends to ask, best first; or "none" or "refused".

    A chainer asks several in turn, and would hand a key to a plaintext one when the better one
    fails; so its members are judged one by one and asked by us.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    backend = keyring.get_keyring()
    members = list(backend.backends) if isinstance(backend, ChainerBackend) else [backend]
    if not members or all(_is_fail(type(each)) for each in members):
        return "none"
    return [each for each in members if _keeps_secrets(type(each))] or "refused"


def _is_fail(backend: type) -> bool:
    return backend.__module__ == "keyring.backends.fail"


def _keeps_secrets(backend: type) -> bool:
    """Whether it is none of the backends that write keys in the clear or nowhere.

    Inheritance counts: a subclass of a plaintext keyring is one, whatever it is called.
    """
    return not any(
        each.__module__.startswith("keyrings.alt")
        or each.__module__ in {"keyring.backends.null", "keyring.backends.fail"}
        or "plaintext" in _class_name(each).lower()
        for each in backend.__mro__
    )


def _class_name(backend: type) -> str:
    return f"{backend.__module__}.{backend.__qualname__}"


def _probe(backend: KeyringBackend) -> str:
    """Whether the keyring would answer without a dialog: "ready", "locked" or "empty".

    Only the Secret Service can be asked; every other backend is taken to be ready.
    """
    if type(backend).__module__ not in _SECRET_SERVICE:
        return "ready"
    try:
        import secretstorage
    except ImportError:  # libsecret through gi; the time limit is all there is
        return "ready"
    with contextlib.closing(secretstorage.dbus_init()) as connection:
        path = getattr(backend, "preferred_collection", secretstorage.collection.DEFAULT_COLLECTION)
        try:
            collection = secretstorage.Collection(connection, path)
        except secretstorage.ItemNotFoundException:
            return "empty"
        return "locked" if collection.is_locked() else "ready"


if __name__ == "__main__":
    main()
