"""The dashboard's files: what is served, with which headers, and what is not."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aimux import resources
from aimux.admin.pages import POLICY
from tests.support.face import Face, open_face

SCRIPT = "export const words = '" + "x" * 2000 + "'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    web = tmp_path / "web"
    (web / "vendor").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>aimux</title>")
    (web / "app.js").write_text(SCRIPT)
    (web / "vendor" / "font.woff2").write_bytes(b"\0" * 2000)
    (web / "vendor" / "LICENSE.unknown").write_text("MIT")
    (tmp_path / "secret.txt").write_text("not yours")
    return web


@pytest.fixture
async def face(folder: Path) -> AsyncIterator[Face]:
    async with open_face(folder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/web/index.html", "text/html; charset=utf-8"),
        ("/web/app.js", "text/javascript; charset=utf-8"),
        ("/web/vendor/font.woff2", "font/woff2"),
    ],
)
async def test_a_file_and_its_headers(face: Face, path: str, type_: str) -> None:
    """Nothing of it is guessed, framed, or allowed to load from elsewhere."""
    status, headers, body = await face.full("GET", path)

    assert status == 200
    assert body
    assert headers["content-type"] == type_
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"
    assert "set-cookie" not in headers


def test_the_policy() -> None:
    """No script but our files, no address but ours, no frame."""
    assert POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


async def test_it_is_read_once_and_compressed(face: Face, folder: Path) -> None:
    """What a browser has is not sent again; what it can unpack is sent packed."""
    _, plain, body = await face.full("GET", "/web/app.js", accept_encoding="identity")
    _, packed, zipped = await face.full("GET", "/web/app.js", accept_encoding="gzip, br")
    (folder / "app.js").unlink()
    again = await face.full("GET", "/web/app.js", if_none_match=packed["etag"])

    assert body.decode() == SCRIPT
    assert packed["content-encoding"] == "gzip"
    assert gzip.decompress(zipped).decode() == SCRIPT
    assert len(zipped) < len(body) / 10
    assert "content-encoding" not in plain
    assert plain["etag"] != packed["etag"]
    assert again[0] == 304
    assert again[2] == b""


@pytest.mark.parametrize(
    "path",
    [
        "/web/nothing.js",
        "/web/../secret.txt",
        "/web/%2e%2e/secret.txt",
        "/web/..%2fsecret.txt",
        "/web//etc/passwd",
        "/web/vendor",
        "/web/vendor/LICENSE.unknown",
        "/web/",
    ],
)
async def test_what_is_not_served(face: Face, path: str) -> None:
    """No path is looked up on the disk: there are the names that there are."""
    from yarl import URL

    address = URL(face.url + path, encoded=True)
    async with face.served.session.get(address) as got:
        assert got.status in {401, 404}
        assert b"not yours" not in await got.read()


@pytest.mark.parametrize("path", ["/", "/web/app.js"])
async def test_host_and_origin_hold_here_too(face: Face, path: str) -> None:
    """A page that rebinds its name gets nothing, and a script of another site neither."""
    assert (await face.full("GET", path, host="evil.example"))[0] == 421
    assert (await face.full("GET", path, origin="https://evil.example"))[0] == 403
    assert (await face.full("GET", path, sec_fetch_site="cross-site"))[0] == 403


async def test_the_page_itself_may_be_linked_to(face: Face) -> None:
    """A browser that is led to it says cross-site; what it opens holds no data."""
    led = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}

    assert (await face.full("GET", "/", **led))[0] == 200
    assert (await face.full("GET", "/web/app.js", **led))[0] == 403
    assert (await face.full("GET", "/aimux/v1/ping", **led))[0] == 403


async def test_switched_off(folder: Path) -> None:
    """It is said, and how it is switched on."""
    async with open_face(folder, settings={"server": {"dashboard": False}}) as face:
        for path in ("/", "/web/app.js"):
            status, told = await face.get(path)

            assert status == 404
            assert "the dashboard is switched off" in told["error"]["message"]


async def test_nothing_there(tmp_path: Path) -> None:
    """An installation without its files answers all the same."""
    async with open_face(tmp_path / "missing") as face:
        assert (await face.full("GET", "/"))[0] == 404


def test_where_the_files_are() -> None:
    """Beside the package or in it."""
    assert resources.folder("completions").is_dir()
    assert resources.folder("web") == resources.PACKAGE / "web"
    assert resources.folder("nothing") == resources.PACKAGE / "nothing"
