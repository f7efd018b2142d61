"""Where aimux keeps its files, and how it writes them: private and atomic."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one aimux.  Nothing is created by asking for a path."""

    config: Path
    """config.toml"""
    state: Path
    """Folder of everything that is not configuration."""

    @property
    def lock(self) -> Path:
        """Held for life by the daemon; its content is no more than a help for people."""
        return self.state / "aimux.lock"

    @property
    def daemon(self) -> Path:
        """daemon.json: pid, address, start time, version of the daemon that holds the lock."""
        return self.state / "daemon.json"

    @property
    def handover(self) -> Path:
        """Where a daemon that shall take over asks for the socket and the lock; see ``daemon.succession``."""
        return self.state / "handover.sock"

    @property
    def admin_token(self) -> Path:
        """The token of the admin API, made at the first start."""
        return self.state / "admin.token"

    @property
    def client_token(self) -> Path:
        """The default client token, which ``aimux env`` prints."""
        return self.state / "client.token"

    @property
    def webhook_secret(self) -> Path:
        """What alerts to web addresses are signed with; made when the first one is sent."""
        return self.state / "webhook.secret"

    @property
    def tokens(self) -> Path:
        """Client tokens as hashes."""
        return self.state / "tokens.json"

    @property
    def listed(self) -> Path:
        """What vendors have listed of their models; see ``catalogue.listed``."""
        return self.state / "models.json"

    @property
    def carried(self) -> Path:
        """Is there once a request has been translated; see ``gateway.carried``."""
        return self.state / "translated"

    @property
    def routing(self) -> Path:
        """What routing remembers over a restart; see ``daemon.remembered``."""
        return self.state / "routing.json"

    @property
    def ledger(self) -> Path:
        """What every exchange was; see ``telemetry.ledger``."""
        return self.state / "ledger.sqlite3"

    @property
    def bodies(self) -> Path:
        """Folder of what was said, encrypted, where that is kept at all; see ``telemetry.bodies``."""
        return self.state / "bodies"

    @property
    def connections(self) -> Path:
        """What was written into clients' settings, and what stood there before; see ``clients.journal``."""
        return self.state / "connections.json"

    @property
    def backups(self) -> Path:
        """Folder of clients' settings as they were before; a folder by client while it is connected."""
        return self.state / "connections"

    @property
    def launches(self) -> Path:
        """Folder of the settings that ``aimux run`` gives to clients; written anew each time."""
        return self.state / "run"

    @property
    def earlier_configs(self) -> Path:
        """What config.toml was before the dashboard changed it; see ``config.earlier``."""
        return self.state / "config-earlier.json"

    @property
    def dashboard(self) -> Path:
        """Leads a browser to the dashboard, with a code that is worth nothing after a minute."""
        return self.state / "dashboard.html"

    @property
    def vault(self) -> Path:
        """The encrypted keys, where there is no keyring."""
        return self.state / "vault.aimux"

    @property
    def logs(self) -> Path:
        """Folder of the log and its rotated files."""
        return self.state / "logs"

    @property
    def log(self) -> Path:
        """The log that is written now."""
        return self.logs / "aimux.log"


def find_paths(environ: Mapping[str, str] | None = None) -> Paths:
    """The paths that hold in this environment.

    ``AIMUX_HOME`` puts everything under one folder; else the platform's own folders are used.
    ``AIMUX_CONFIG`` names the configuration file alone.
    """
    environ = os.environ if environ is None else environ
    home = environ.get("AIMUX_HOME")
    if home:
        root = Path(home).expanduser().absolute()
        config, state = root / "config.toml", root
    else:
        import platformdirs

        folders = platformdirs.PlatformDirs("aimux", appauthor=False)
        config = Path(folders.user_config_dir) / "config.toml"
        state = Path(folders.user_state_dir)
    if named := environ.get("AIMUX_CONFIG"):
        config = Path(named).expanduser().absolute()
    return Paths(config=config, state=state)


def make_private_folder(folder: Path) -> None:
    """Creates the folder and what is missing above it, each for its owner alone (0700).

    A folder that exists is left as it is: ``AIMUX_HOME=/tmp`` must not close /tmp to others.
    """
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            each.mkdir(mode=0o700)


def write_private(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Replaces a file at once, for its owner alone (0600); ``content`` may come in pieces.

    A reader sees the old content or the new, never a part; a symlinked file stays a link and its
    target is replaced.  Survives a crash at any moment: the content is on the disk before the name.
    """
    target = path.resolve() if path.is_symlink() else path
    make_private_folder(target.parent)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Puts a rename on the disk; some file systems refuse to sync a folder, which is no loss."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
