"""Every address of the admin API and of the dashboard, and every way to knock at it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aimux.admin.accounts import Accounts, Standing, Vendors
from aimux.admin.editing import Editing
from aimux.admin.lines import Lines
from aimux.admin.overview import Overview
from aimux.admin.recorded import Recorded
from aimux.admin.shapes import API
from aimux.config.load import load_config
from aimux.config.paths import Paths
from aimux.vault.access import Access
from tests.support.face import Face, open_face
from tests.support.gateway import ADMIN_TOKEN, TOKEN

CHANGING = ("POST", "PUT", "DELETE", "PATCH")


class Table:
    """The served face, and what there is to knock at."""

    def __init__(self, face: Face, app: web.Application) -> None:
        self.face = face
        self.addresses = [
            (route.method, path)
            for route in app.router.routes()
            if route.resource and (path := _filled(route.resource.canonical)).startswith(API)
        ]

    async def knock(self, method: str, path: str, **headers: str) -> int:
        """The status of a request with these headers and no others of ours."""
        given = {"content-type": "application/json"} if method in CHANGING else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"{}" if method in CHANGING else None
        session = self.face.served.session
        async with session.request(method, self.face.url + path, data=data, headers=given) as got:
            assert not [name for name in got.headers if name.lower().startswith("access-control")]
            return got.status


def _filled(path: str) -> str:
    for name, value in (("{id}", "last"), ("{name}", "n"), ("{label}", "default")):
        path = path.replace(name, value)
    return path


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[Table]:
    paths, apps = Paths(tmp_path / "config.toml", tmp_path), list[web.Application]()

    def load() -> Any:
        return load_config(paths.config, environ={})

    async def reload() -> Any:
        return {"generation": 2, "changes": [], "restart_needed": []}

    def standing(_: str) -> Standing | None:
        return None

    def hide(value: object) -> object:
        return value

    def more(gateway: Any) -> list[Any]:
        fleet, editing = gateway.fleet, Editing(paths, load, reload)
        vendors = Vendors(
            paths, load, reload, editing.change, lambda _: None, lambda: Access({}), standing
        )
        return [
            Recorded(paths.ledger, gateway.recent, "i", hide).register,
            Overview(fleet.state, lambda: gateway.snapshot.config, fleet.now_s, hide).register,
            editing.register,
            Accounts(vendors, hide).register,
            Lines(paths.log, hide).register,
            apps.append,
        ]

    async with open_face(tmp_path / "web", more=more) as face:
        await face.log_in()
        yield Table(face, apps[0])


async def test_all_doors(table: Table) -> None:
    """Without a token and with a client's 401; with ours, or the session from our page, in; from anywhere
    else 403, by another name 421, and a change that is no JSON 415.
    """
    assert len(table.addresses) > 35
    here = {"cookie": table.face.cookie, "sec_fetch_site": "same-origin"}
    admin = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    skipped = {f"{API}/login", f"{API}/logout", f"{API}/shutdown"}
    for method, path in table.addresses:
        knock = (method, path)
        if path == f"{API}/login":
            assert await table.knock(*knock) == 400
        else:
            assert await table.knock(*knock) == 401, knock
            assert await table.knock(*knock, x_api_key=TOKEN) == 401, knock
            assert await table.knock(*knock, cookie="aimux_session=x") == 401, knock
        for who in (here, admin):
            foreign = {**who, "origin": "https://evil.example"}
            assert await table.knock(*knock, **foreign) == 403, knock
            cross = {**who, "sec_fetch_site": "cross-site"}
            assert await table.knock(*knock, **cross) == 403, knock
            assert await table.knock(*knock, **who, host="evil.example") == 421, knock
            if method in CHANGING:
                plain = {**who, "content_type": "text/plain"}
                assert await table.knock(*knock, **plain) == 415, knock
            if path not in skipped and not path.endswith("/login-codes"):
                assert await table.knock(*knock, **who) not in {401, 403, 415, 421}, knock
        if method in CHANGING and path not in skipped:
            bare = {"cookie": table.face.cookie}
            assert await table.knock(*knock, **bare) == 403, knock
