"""Looks at what is around aimux: the installation, the network's variables, the service."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aimux import __version__
from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of the machine."""
    system = f"Python {platform.python_version()}, {platform.system()}"
    yield ok("version", f"aimux {__version__}, {system}")
    yield from _installed(patient)
    yield from _certificates(patient.environ)
    yield from _proxies(patient)
    yield from _service(patient)


def _installed(patient: Patient) -> Iterator[Finding]:
    """Whether ``aimux`` in this shell is the one that looks."""
    found = shutil.which("aimux", path=patient.environ.get("PATH"))
    if found is None:
        from aimux.daemon.service.kinds import program

        folder = Path(program(patient.environ)[0]).parent
        what = "no command aimux is on this shell's PATH"
        yield note("version", what, f'export PATH="{folder}:$PATH"')
        return
    ours = Path(sys.executable).parent.resolve()
    if Path(found).resolve().parent != ours and _first_line(Path(found)) != _shebang():
        yield warning("version", f"the aimux on the PATH is another one: {found}", "which -a aimux")


def _shebang() -> str:
    return f"#!{sys.executable}"


def _first_line(script: Path) -> str:
    try:
        with script.open("rb") as file:
            return file.readline(400).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return ""


def _certificates(environ: Mapping[str, str]) -> Iterator[Finding]:
    """A variable that names no file lets every TLS connection fail."""
    for name in _CERTIFICATES:
        named = environ.get(name)
        if named and not Path(named).exists():
            yield failed("network", f"${name} names {named!r}, which is not there", f"unset {name}")


def _proxies(patient: Patient) -> Iterator[Finding]:
    """A proxy of the shell: agents would ask it for 127.0.0.1, and aimux does not use it at all."""
    environ = patient.environ
    found = [name for name in _PROXIES if environ.get(name) or environ.get(name.lower())]
    if not found:
        return
    spared = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if not {"127.0.0.1", "localhost", "*"} & {each.strip() for each in spared.split(",")}:
        what = f"${found[0]} is set and NO_PROXY does not spare 127.0.0.1: agents miss aimux"
        yield warning("network", what, "export NO_PROXY=127.0.0.1,localhost")
    unset = [each.name for each in patient.providers if each.proxy is None and not each.local]
    if unset:
        what = f"aimux does not use ${found[0]}; a provider's own setting does"
        yield note("network", what, f"aimux config set providers.{unset[0]}.proxy URL")


# ---------------------------------------------------------------- the service


def _service(patient: Patient) -> Iterator[Finding]:
    """Whether aimux comes back after a login, and how its manager says that it is."""
    from aimux.daemon.service.found import service_of

    environ = {**patient.environ, "HOME": str(patient.home)}
    state = service_of(patient.paths, environ=environ).state()
    reinstall = "aimux service install"
    if not state.installed:
        yield note("service", "none: aimux starts by hand only", reinstall)
    elif not Path(state.program).is_file():
        what = f"{state.path} starts {state.program or 'nothing'}, which is not there"
        yield failed("service", what, reinstall)
    elif not state.facts["for_this_home"]:
        yield note("service", f"{state.path} is for another home of aimux", reinstall)
    elif state.state.startswith("failed"):
        what = f"{state.manager} has given up on it: {state.says or state.state}"
        yield failed("service", what, "aimux start")
    elif not state.enabled:
        yield warning("service", f"{state.path} is there and does not start at login", reinstall)
    else:
        yield ok("service", f"{state.manager} starts it at login ({state.state})")
