"""The keys that ``--leaks`` searches for, and every form in which one may have been written down.

Beside the forms of texts (``telemetry.redact``) these are the forms of programs: base64 in each of the
three ways in which a key can lie in it, hexadecimal, and UTF-16.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aimux.cli.doctor.patient import Patient
from aimux.errors import VaultError
from aimux.vault.secret import Credential, Secret

if TYPE_CHECKING:
    from aimux.config.paths import Paths

SHORTEST: Final = 8
"""A shorter value is found everywhere and is no key."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One key: its name, where it may stand, and what to type once it has leaked."""

    name: str
    secret: Secret = field(repr=False)
    mend: str
    home: Path | None = None
    """The file that is its own."""


def needles(patient: Patient) -> tuple[list[Needle], list[str]]:
    """The keys that could be had, and what could not."""
    kept, lacking = _of_providers(patient)
    found = [*kept, *_own(patient.paths), *_of_environment(patient.environ)]
    return [each for each in found if len(each.secret.reveal()) >= SHORTEST], lacking


def _of_providers(patient: Patient) -> tuple[list[Needle], list[str]]:
    from aimux.cli.provider_keys import held_keys
    from aimux.vault.external import shown

    found, lacking = [], []
    for provider, keys in held_keys(patient.providers, patient.paths, run_commands=True).items():
        for key in keys:
            name = shown(key.reference)
            match key.found:
                case Credential(secret=secret):
                    home = _home(key.reference.scheme, key.reference.name, patient.paths)
                    found.append(Needle(name, secret, f"aimux keys set {provider}", home))
                case VaultError() | None:
                    lacking.append(name)
    return found, lacking


def _home(scheme: str, name: str, paths: Paths) -> Path | None:
    return paths.config.parent / Path(name).expanduser() if scheme == "file" else None


def _own(paths: Paths) -> Iterator[Needle]:
    """Tokens and keys of aimux's own, each of which stands in one file."""
    for path in (
        paths.client_token,
        paths.admin_token,
        paths.webhook_secret,
        paths.vault.with_name("vault.key"),
    ):
        try:
            text = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        yield Needle(path.name, Secret(text), f"rm {path} && aimux restart", path)


def _of_environment(environ: Mapping[str, str]) -> Iterator[Needle]:
    """What this shell holds under the names by which vendors call their keys."""
    from aimux.catalogue.load import load_catalogue

    names = {preset.key_env for preset in load_catalogue().values() if preset.key_env}
    for name in sorted(names):
        if value := environ.get(name):
            yield Needle(f"${name}", Secret(value), "make a new key at its vendor")


def forms(value: str) -> frozenset[bytes]:
    """Every form of a key, as bytes."""
    from aimux.telemetry.redact import disguises

    raw = value.encode("utf-8", "surrogatepass")
    texts = {each.encode("utf-8", "surrogatepass") for each in disguises(value)}
    spread = {value.encode("utf-16-le", "surrogatepass"), raw.hex().encode()}
    return frozenset(texts | spread | set(_base64(raw)) | {raw.hex().upper().encode()})


def _base64(raw: bytes) -> Iterator[bytes]:
    """What every base64 text that holds the key holds: six bits reach over the ends of three bytes."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        first = (before * 8 + 5) // 6
        last = (before + len(raw)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")


def longest(found: Iterable[frozenset[bytes]]) -> int:
    """The length of the longest form of all."""
    return max((len(form) for each in found for form in each), default=1)
