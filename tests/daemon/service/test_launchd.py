"""The launchd agent: its keys and types, and the order in which launchctl is asked."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

import pytest

from aimux.config.paths import Paths
from aimux.daemon.service.kinds import Wishes, environment
from aimux.daemon.service.launchd import LABEL, Launchd
from aimux.errors import ServiceFailed
from aimux.resources import folder

WISHES = Wishes(address="127.0.0.1:24689", drain_s=120)

TYPES = {
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "Umask": int,
    "SoftResourceLimits": dict,
}
"""launchd.plist(5); an unknown key or a wrong type is passed over in silence there."""

# A launchctl that remembers in files: `loaded` while the agent is, `leaving` counts how often print still
# finds it after bootout, as the real one does.
LAUNCHCTL = """#!/bin/sh
cd "$STATE" || exit 9
echo "$*" >>asked
case $1 in
print)
    [ -e loaded ] || exit 113
    if [ -e leaving ]; then rm leaving loaded; fi
    printf 'x = {\\n\\tstate = running\\n\\tpid = 4711\\n\\truns = 3\\n}\\n' ;;
bootstrap)
    [ -e refuse ] && { echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5; }
    touch loaded ;;
bootout) touch leaving ;;
esac
"""


@pytest.fixture
def agent(tmp_path: Path) -> Launchd:
    """The agent of a home with a difficult name, and a launchctl."""
    program = tmp_path / "bin" / "launchctl"
    program.parent.mkdir()
    program.write_text(LAUNCHCTL)
    program.chmod(0o755)
    environ = {
        "HOME": str(tmp_path),
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "STATE": str(tmp_path),
    }
    state = tmp_path / "<a> & b"
    return Launchd(Paths(config=state / "config.toml", state=state), environ)


def asked(agent: Launchd) -> list[str]:
    """What launchctl was asked, since the last time, without looks."""
    path = Path(agent.environ["STATE"]) / "asked"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [line.partition(" ")[0] for line in lines if not line.startswith("print ")]


def test_the_template_keeps_the_rules() -> None:
    """Known keys of the right types; numbers are decimal there."""
    found = plistlib.loads((folder("service-templates") / f"{LABEL}.plist").read_bytes())

    assert {key: type(value) for key, value in found.items()} == TYPES
    assert found["Label"] == LABEL
    assert found["Umask"] == 0o077
    assert found["KeepAlive"] == {"SuccessfulExit": False}


def test_the_agent(agent: Launchd) -> None:
    """Filled in: any path survives, and the end may take as long as open requests may."""
    found = plistlib.loads(agent.text(WISHES).encode())

    assert {key: type(value) for key, value in found.items()} == TYPES
    assert found["ProgramArguments"][-2:] == ["start", "--foreground"]
    assert os.access(found["ProgramArguments"][0], os.X_OK)
    assert found["EnvironmentVariables"] == environment(agent.paths)
    assert found["ExitTimeOut"] == 140
    assert found["StandardErrorPath"] == str(agent.paths.logs / "daemon.out")


def test_life(agent: Launchd) -> None:
    """Loaded once, started again by kickstart, and gone before it is loaded anew."""
    assert not agent.state().installed
    assert agent.uninstall() == ()

    installed = agent.install(WISHES)
    assert installed.files == (agent.path,)
    assert asked(agent) == ["enable", "bootstrap"]
    assert agent.serves()
    state = agent.state()
    assert (state.installed, state.state, state.pid, state.restarts) == (True, "running", 4711, 2)

    agent.install(WISHES)
    assert asked(agent) == ["kickstart"]
    agent.restart()
    assert asked(agent) == ["kickstart"]

    agent.install(Wishes(address="x", drain_s=1))
    assert asked(agent) == ["bootout", "enable", "bootstrap"]

    agent.stop()
    assert asked(agent) == ["bootout"]
    assert (agent.state().state, agent.state().is_active) == ("not loaded", False)
    agent.restart()
    assert asked(agent) == ["enable", "bootstrap"]

    assert agent.uninstall() == (agent.path,)
    assert not agent.path.exists()


def test_another_home_is_not_served(agent: Launchd, tmp_path: Path) -> None:
    """There is one agent; a throw-away home has none."""
    agent.install(Wishes(address="x", drain_s=1, start=False))
    other = Launchd(Paths(config=tmp_path / "c", state=tmp_path), agent.environ)

    assert agent.serves()
    assert not other.serves()
    agent.path.write_text("no plist")
    assert not agent.serves()
    agent.path.write_bytes(plistlib.dumps([]))
    assert not agent.serves()


def test_refused(agent: Launchd) -> None:
    """Launchd's own words."""
    (Path(agent.environ["STATE"]) / "refuse").touch()

    with pytest.raises(ServiceFailed, match="bootstrap failed: Bootstrap failed: 5"):
        agent.install(WISHES)


@pytest.mark.parametrize("wish", [{"linger": True}, {"socket": True}])
def test_what_launchd_does_not_have(agent: Launchd, wish: dict[str, bool]) -> None:
    """It is said, and nothing is written."""
    with pytest.raises(ServiceFailed, match="know neither"):
        agent.install(Wishes(address="x", drain_s=1, **wish))

    assert not agent.path.exists()


def test_no_launchctl(agent: Launchd, tmp_path: Path) -> None:
    """On any other system."""
    bare = Launchd(agent.paths, {**agent.environ, "PATH": str(tmp_path / "empty")})

    with pytest.raises(ServiceFailed, match="no launchctl"):
        bare.install(WISHES)


def test_it_does_not_leave(agent: Launchd, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that stays loaded is told of, not waited for without end."""
    monkeypatch.setattr("aimux.daemon.service.launchd.GONE_S", 0.0)
    agent.install(WISHES)
    (Path(agent.environ["STATE"]) / "loaded").chmod(0o600)
    stubborn = Path(agent.environ["PATH"].partition(":")[0]) / "launchctl"
    stubborn.write_text("#!/bin/sh\nexit 0\n")

    with pytest.raises(ServiceFailed, match="has not ended"):
        agent.stop()


def test_launchctl_that_hangs(agent: Launchd, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up."""
    monkeypatch.setattr("aimux.daemon.service.launchd.LIMIT_S", 0.05)
    program = Path(agent.environ["PATH"].partition(":")[0]) / "launchctl"
    program.write_text("#!/bin/sh\nexec sleep 5\n")

    with pytest.raises(ServiceFailed, match="has not ended after"):
        agent.stop()
