"""The shop on FastAPI: its rows and the orders of crmflow are there together or not at all."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from crmflow.delivery.signing import signed
from crmflow.engine.engine import Engine
from examples.fastapi_shop.shop import SHOP, create_app
from tests.storage.servers import postgresql, postgresql_database

SECRET = f"whsec_{base64.b64encode(b'a key of the shop').decode()}"
BASKET = {"customer": "C-1001", "products": ["crane"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Return the URL of an empty database that the shop is told."""
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/shop.db"
        monkeypatch.setenv("SHOP_DATABASE", url)
        yield url
        return
    with postgresql_database(postgresql()) as url:
        monkeypatch.setenv("SHOP_DATABASE", url)
        yield url


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a shop that is open."""
    app = create_app()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client,
    ):
        yield client


def visit(what: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Let a client visit the shop."""

    async def whole() -> None:
        async with client() as one:
            await what(one)

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_a_purchase_and_its_order(url: str) -> None:
    """They are placed together, shown together and cancelled together."""

    async def buys(shop: httpx.AsyncClient) -> None:
        bought = await shop.post("/purchases", json=BASKET)
        assert (bought.status_code, bought.json()) == (201, {"id": 1, "state": "placed"})
        cancelled = await shop.post("/purchases/1/cancel", json={"reason": "found it cheaper"})
        assert cancelled.json() == {"id": 1, "state": "cancelled"}
        shown = (await shop.get("/purchases/1")).json()
        assert shown == {"customer": "C-1001", "is_cancelled": True, "state": "cancelled"}
        assert (await shop.get("/purchases/7")).status_code == 404
        assert (await shop.get("/health")).json() == {"due": 0, "waiting": 0, "parked": 0}

    visit(buys)


def test_a_refusal_leaves_no_row(url: str) -> None:
    """Neither one of the purchase that was refused, nor the mark that it is cancelled."""

    async def buys(shop: httpx.AsyncClient) -> None:
        refused = await shop.post("/purchases", json={**BASKET, "products": []})
        assert refused.status_code == 409
        assert any("no_products" in one for one in refused.json()["detail"])
        assert (await shop.get("/purchases/1")).status_code == 404
        number = (await shop.post("/purchases", json=BASKET)).json()["id"]
        ship(url, str(number))
        late = await shop.post(f"/purchases/{number}/cancel", json={"reason": "too late"})
        assert late.status_code == 409
        shown = (await shop.get(f"/purchases/{number}")).json()
        assert (shown["is_cancelled"], shown["state"]) == (False, "shipped")

    visit(buys)


def ship(url: str, number: str) -> None:
    """Ship an order from elsewhere: another process of the company, over the same store."""
    with Engine(url, machines=["order", "customer"], profile="demo") as engine:
        stock = {"is_in_stock": True, "safety_stock": 9}
        engine.fire(("order", number), "check_stock", stock, actor=SHOP).require()
        engine.fire(("order", number), "ship", {"content_checked": True}, actor=SHOP).require()


def test_many_buy_at_once(url: str) -> None:
    """Each has a purchase with an order; who sends a request again has what came of it first."""

    async def buys(shop: httpx.AsyncClient) -> None:
        answers = [await shop.post("/purchases", json=BASKET, headers=KEYED) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        crowd = await asyncio.gather(*(shop.post("/purchases", json=BASKET) for _ in range(4)))
        numbers = {one.json()["id"] for one in (answers[0], *crowd)}
        assert len(numbers) == 5
        for number in numbers:
            assert (await shop.get(f"/purchases/{number}")).json()["state"] == "placed"

    visit(buys)


KEYED = {"idempotency-key": "basket-7"}


def test_messages_that_arrive_twice_are_heard_once(url: str) -> None:
    """A double is answered well and dropped; what somebody else has signed is not let in."""

    async def tells(shop: httpx.AsyncClient) -> None:
        body = json.dumps({"type": "deal.win"}).encode()
        heard = []
        for id_ in ("m-1", "m-1", "m-2"):
            proof = signed(SECRET, id_, datetime.now(UTC), body)
            heard.append((await shop.post("/hooks/crm", content=body, headers=proof)).json())
        assert [one["is_new"] for one in heard] == [True, False, True]
        forged = {**signed(SECRET, "m-3", datetime.now(UTC), body), "webhook-id": "m-4"}
        assert (await shop.post("/hooks/crm", content=body, headers=forged)).status_code == 401
        old = signed(SECRET, "m-5", datetime.now(UTC) - timedelta(hours=1), body)
        assert (await shop.post("/hooks/crm", content=body, headers=old)).status_code == 401

    visit(tells)
