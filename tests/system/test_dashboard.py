"""``aimux dashboard`` against a real daemon, with a browser that writes down what it is started with."""

from __future__ import annotations

import json
import stat
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.answers import ANTHROPIC, answer
from tests.support.daemon import Home, until
from tests.support.patience import PATIENCE_S
from tests.support.upstream import FakeUpstream

KEY = "sk-test-canary-of-the-page"
BODY = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}


def test_the_address_and_the_browser(home: Home, tmp_path: Path) -> None:
    """The address logs in; a browser is started with a file that only we can read, never with the code."""
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(seen)!r}, 'w').write(sys.argv[1])\n"
    )
    browser.chmod(0o700)
    url = home.start().url

    printed = home.aimux("dashboard", "--print", extra={"SSH_CONNECTION": "1 2 3 4"})
    as_json = json.loads(home.aimux("dashboard", "--json").stdout)
    opened = home.aimux("dashboard", extra={"BROWSER": f"{browser} %s"})
    nobody = home.aimux("dashboard", extra={"BROWSER": str(tmp_path / "missing")})

    address = printed.stdout.strip()
    assert address.startswith(f"{url}/#login=")
    assert "once, within 60 s" in printed.stderr
    assert "ssh -L" in printed.stderr
    assert as_json["url"].startswith(f"{url}/#login=")
    assert opened.returncode == 0
    assert opened.stdout == ""
    until(lambda: seen.exists() and bool(seen.read_text()))
    assert seen.read_text() == home.paths.dashboard.as_uri()
    assert f"url={url}/#login=" in home.paths.dashboard.read_text()
    assert stat.S_IMODE(home.paths.dashboard.stat().st_mode) == 0o600
    assert nobody.stdout.startswith(f"{url}/#login=")
    code = address.partition("login=")[2]
    request = urllib.request.Request(
        f"{url}/aimux/v1/login",
        json.dumps({"code": code}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert "aimux_session_" in answer.headers["set-cookie"]
    assert code not in home.paths.log.read_text()


def test_a_page_at_work(home: Home, upstream: FakeUpstream) -> None:
    """Logged in, it changes the configuration, gives a key, sees what happens, and takes a change back;
    the stream ends with the daemon.
    """
    upstream.always("/v1/messages", answer(ANTHROPIC))
    home.configure(upstream.url, key="vault:up/default")
    page = Page(home.start().url)
    page.log_in(home.aimux("dashboard", "--print").stdout.partition("login=")[2].strip())
    before = home.paths.config.read_text()

    assert page.ask("PUT", "providers/up/keys/default", {"value": KEY})["where"] == "vault"
    stream = page.open("GET", "events")
    with home.asking(BODY) as response:
        assert response.status == 200
    assert ("x-api-key", KEY) in upstream.wait().headers
    events = b""
    while b'"outcome":"ok"' not in events:
        events += stream.read1()
    etag = page.ask("GET", "config")["etag"]
    edits = [{"key": "providers.up.weight", "value": 4}]
    applied = page.ask("POST", "config/apply", {"etag": etag, "edits": edits})
    assert applied["changes"] == ["providers: ~up (weight 1 -> 4)"]
    assert page.ask("GET", "status")["config_generation"] == applied["generation"]
    page.ask("POST", "config/undo", {})
    assert home.paths.config.read_text() == before
    until(lambda: bool(page.ask("GET", "ledger")["exchanges"]))
    assert page.ask("GET", "ledger/last")["story"]
    assert page.ask("GET", "usage")["total"]["requests"] == 1
    assert page.ask("GET", "logs?q=reloaded")["lines"]
    began = time.monotonic()
    home.stop()
    assert (events + stream.read()).endswith(b"\n\n")
    assert time.monotonic() - began < PATIENCE_S
    for file in home.folder.rglob("*"):
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file


class Page:
    """What a browser does for a page of ours."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookie = ""

    def open(self, method: str, path: str, body: object = None) -> Any:
        """The response to a request, with the cookie and where it comes from."""
        headers = {"sec-fetch-site": "same-origin", "content-type": "application/json"}
        if self.cookie:
            headers["cookie"] = self.cookie
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/aimux/v1/{path}", data, headers, method=method
        )
        return urllib.request.urlopen(request, timeout=PATIENCE_S)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What is answered."""
        with self.open(method, path, body) as answered:
            return json.load(answered)

    def log_in(self, code: str) -> None:
        """Gives a code for a session."""
        with self.open("POST", "login", {"code": code}) as answered:
            self.cookie = answered.headers["set-cookie"].partition(";")[0]
