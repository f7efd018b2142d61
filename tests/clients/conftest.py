"""A person's home with clients in it, and an aimux beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aimux.clients.client import Client, Lead, Offer, Surroundings
from aimux.clients.connection import Change, Undone, connect, disconnect
from aimux.clients.known import CLIENTS
from aimux.config.paths import Paths

URL = "http://127.0.0.1:24689"
TOKEN = "aimux-client-test-0123456789"
GLM = Offer("zai/glm-5.3", "GLM 5.3 (zai)", 1_048_576, 131_072, frozenset({"tools", "thinking"}))


@dataclass
class Person:
    """A home, a project, and what a person does there."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    offers: tuple[Offer, ...] = (Offer("glm-5.3", "GLM 5.3", 1_048_576, 131_072),)
    served: dict[str, Offer] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def project(self) -> Path:
        return self.home / "project"

    @property
    def paths(self) -> Paths:
        """Of aimux."""
        return Paths(config=self.root / "aimux" / "config.toml", state=self.root / "aimux")

    @property
    def around(self) -> Surroundings:
        return Surroundings(self.environ, self.home, self.project)

    def lead(self, url: str = URL, profile: str | None = None) -> Lead:
        return Lead(url, TOKEN, self.paths.client_token, self.offers, self.served, profile)

    def client(self, name: str) -> Client:
        return CLIENTS[name]

    def connect(self, name: str, url: str = URL, *, dry_run: bool = False) -> list[Change]:
        files = CLIENTS[name].files(self.lead(url), self.around)
        return connect(self.paths, name, url, files, dry_run=dry_run)

    def disconnect(self, name: str) -> list[Undone] | None:
        return disconnect(self.paths, name)

    def tree(self) -> dict[str, bytes | str]:
        """Every file below the home with its bytes, every link with where it leads."""
        found: dict[str, bytes | str] = {}
        for path in sorted(self.home.rglob("*")):
            name = path.relative_to(self.home).as_posix()
            if path.is_symlink():
                found[name] = str(path.readlink())
            elif path.is_file():
                found[name] = path.read_bytes()
        return found

    def write(self, name: str, text: str) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path


@pytest.fixture
def person(tmp_path: Path) -> Person:
    made = Person(tmp_path)
    made.project.mkdir(parents=True)
    return made
