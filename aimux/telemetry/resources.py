"""What the operating system knows of processes: ours, and the one that holds a port.

The only module that imports psutil.
"""

from __future__ import annotations

import asyncio
import gc
import re
import resource
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil  # type: ignore[import-untyped]  # it ships no types

from aimux.keyshapes import REDACTABLE
from aimux.vault.secret import HIDDEN

_SECRET_OPTION: Final = re.compile(r"(?i)(key|token|secret|passw|auth|credential)")
_LONGEST_COMMAND: Final = 160
MEBIBYTE: Final = 2**20
_HAS_PROC: Final = Path("/proc/self/stat").exists()


@dataclass(frozen=True, slots=True)
class Listener:
    """The process that listens on a port; ``pid`` is None where the system does not tell us."""

    pid: int | None
    name: str = ""
    user: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """This process, now.  ``lag_s`` is how late the event loop's timers are, smoothed; ``collections``
    are the garbage collector's runs by generation, ``connections`` those of clients.
    """

    memory_bytes: int
    open_files: int
    most_files: int
    connections: int
    tasks: int
    threads: int
    cpu_s: float
    started_at_s: float
    collections: tuple[int, ...]
    lag_s: float = 0.0
    worst_lag_s: float = 0.0

    @property
    def memory_mb(self) -> float:
        """Resident memory in MiB."""
        return round(self.memory_bytes / MEBIBYTE, 1)


def this_process(lag_s: float = 0.0, worst_lag_s: float = 0.0, connections: int = 0) -> Process:
    """This process; called in its event loop.  Takes a fraction of a millisecond."""
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return Process(
            memory_bytes=int(process.memory_info().rss),
            open_files=int(process.num_fds()),
            most_files=most_files(),
            connections=connections,
            tasks=len(asyncio.all_tasks()),
            threads=threading.active_count(),
            cpu_s=times.user + times.system,
            started_at_s=float(process.create_time()),
            collections=tuple(int(each["collections"]) for each in gc.get_stats()),
            lag_s=lag_s,
            worst_lag_s=worst_lag_s,
        )


def most_files() -> int:
    """How many descriptors this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def memory_mb() -> float:
    """Resident memory of this process in MiB."""
    resident_bytes = int(psutil.Process().memory_info().rss)
    return round(resident_bytes / MEBIBYTE, 1)


def open_files() -> int:
    """Descriptors that this process has open."""
    return int(psutil.Process().num_fds())


def process_start(pid: int) -> str | None:
    """When a process began, as a mark to compare; None if there is no such process.

    On Linux these are the kernel's ticks since boot, which no change of the clock can move.
    """
    if _HAS_PROC:
        try:
            # The name, in parentheses, may itself hold spaces and parentheses (proc(5)).
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return None
        return stat.rpartition(")")[2].split()[19]
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None


def parent_name() -> str:
    """Name of the process that started this one, or nothing."""
    try:
        parent = psutil.Process().parent()
        return str(parent.name()) if parent else ""
    except psutil.Error:
        return ""


def listener_on(port: int) -> Listener | None:
    """Who listens on a TCP port of this machine; None when nobody does."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:  # macOS: only root may list the connections of others
        return Listener(None)
    pids = [each.pid for each in connections if _listens(each, port)]
    if not pids:
        return None
    return _described(next((pid for pid in pids if pid), None))


def _listens(connection: Any, port: int) -> bool:
    if connection.status != psutil.CONN_LISTEN or not connection.laddr:
        return False
    return bool(connection.laddr.port == port)


def _described(pid: int | None) -> Listener:
    if pid is None:
        return Listener(None)
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            return Listener(
                pid, process.name(), process.username(), shown_command(process.cmdline())
            )
    except psutil.Error:
        return Listener(pid)


def shown_command(arguments: list[str]) -> str:
    """A command line to show to a person: shortened, and without what looks like a secret."""
    shown, hide_next = [], False
    for argument in arguments:
        option, equals, _ = argument.partition("=")
        is_secret_option = argument.startswith("-") and bool(_SECRET_OPTION.search(option))
        if hide_next and not argument.startswith("-"):
            shown.append(HIDDEN)
        elif is_secret_option and equals:
            shown.append(f"{option}={HIDDEN}")
        else:
            shown.append(REDACTABLE.sub(HIDDEN, argument))
        hide_next = is_secret_option and not equals
    text = " ".join(shown)
    return text if len(text) <= _LONGEST_COMMAND else text[: _LONGEST_COMMAND - 3] + "..."
