"""
A shop on FastAPI: its own table and the orders of crmflow, in one transaction.

A purchase is a row of the shop's; what becomes of it is an order of crmflow. Both are written by
the session of the request, so there is never one without the other.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crmflow import Actor, AsyncEngine, Decision, RefusedError

SHOP = Actor("web-shop", {"salesperson"})
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


class Base(DeclarativeBase):
    """The shop's own tables."""


class Purchase(Base):
    """What somebody bought; the order has the same id."""

    __tablename__ = "purchase"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    is_cancelled: Mapped[bool] = mapped_column(default=False)


class Heard(Base):
    """A message that arrived, by its id: the same one again is dropped."""

    __tablename__ = "heard"

    id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]


class Basket(BaseModel):
    """What somebody wants to buy."""

    customer: str
    products: list[str]


class Withdrawal(BaseModel):
    """Why a purchase is cancelled."""

    reason: str


async def begun(request: Request) -> AsyncIterator[AsyncSession]:
    """Give the session of a request: what is raised rolls it back, else it is committed."""
    database = request.app.state.database
    async with AsyncSession(database, expire_on_commit=False) as session, session.begin():
        yield session


def engine(request: Request) -> AsyncEngine:
    """Return the engine of the application."""
    crm: AsyncEngine = request.app.state.crm
    return crm


router = APIRouter()
# Committed before the answer is sent, so that nobody is told what did not happen.
Begun = Annotated[AsyncSession, Depends(begun, scope="function")]
Crm = Annotated[AsyncEngine, Depends(engine)]


@router.post("/purchases", status_code=201)
async def buy(
    basket: Basket,
    session: Begun,
    crm: Crm,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Place a purchase and its order."""
    purchase = Purchase(customer=basket.customer)
    session.add(purchase)
    await session.flush()
    order = {**basket.model_dump(), "order_class": "normal"}
    async with crm.joined(session) as here:
        decision = await here.create(
            "order", order, actor=SHOP, id=str(purchase.id), key=idempotency_key
        )
    if decision.repeated:
        # Sent again: the first purchase stands, and the row of this one goes.
        await session.delete(purchase)
    return answer(decision)


@router.post("/purchases/{number}/cancel")
async def cancel(number: int, withdrawal: Withdrawal, session: Begun, crm: Crm) -> dict[str, Any]:
    """Cancel both; what was shipped is refused, and the purchase stays as it was."""
    purchase = await session.get_one(Purchase, number)
    purchase.is_cancelled = True
    why = {"cause": "by_customer", **withdrawal.model_dump()}
    async with crm.joined(session) as here:
        return answer(await here.fire(("order", str(number)), "cancel", why, actor=SHOP))


@router.get("/purchases/{number}")
async def show(number: int, session: Begun, crm: Crm) -> dict[str, Any]:
    """Return a purchase and how its order stands."""
    purchase = await session.get_one(Purchase, number)
    order = await crm.get(("order", str(number)))
    return {
        "customer": purchase.customer,
        "is_cancelled": purchase.is_cancelled,
        "state": order.state,
    }


@router.get("/health")
async def health(crm: Crm) -> dict[str, int]:
    """Return what waits for a worker: `crmflow worker` over the same database does it."""
    backlog = await crm.backlog()
    return {"due": backlog.due, "waiting": backlog.waiting, "parked": backlog.parked}


@router.post("/hooks/crm")
async def hear(request: Request, session: Begun) -> dict[str, bool]:
    """Take a message of a crmflow elsewhere, once however often it is sent."""
    body, headers = await request.body(), dict(request.headers)
    try:
        Webhook(request.app.state.secret).verify(body, headers)
    except WebhookVerificationError as fault:
        raise HTTPException(401, "the signature does not fit") from fault
    try:
        async with session.begin_nested():
            session.add(Heard(id=headers["webhook-id"], body=body.decode()))
    except IntegrityError:
        return {"is_new": False}
    # What the shop does with a message belongs here, in the same transaction.
    return {"is_new": True}


def answer(decision: Decision) -> dict[str, Any]:
    """Return what a client is told; a refusal is raised, and so rolls back the session."""
    decision.require()
    return {"id": int(decision.entity.id), "state": decision.snapshot.state}


async def refused(_request: Request, fault: Exception) -> JSONResponse:
    """Answer with every reason of a refusal."""
    return JSONResponse({"detail": getattr(fault, "reasons", ())}, 409)


async def unknown(_request: Request, _fault: Exception) -> JSONResponse:
    """Answer that there is no such purchase."""
    return JSONResponse({"detail": "there is no such purchase"}, 404)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the engine, which makes its tables where there are none, and make the shop's."""
    async with app.state.crm:
        async with app.state.database.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
    await app.state.database.dispose()


def create_app() -> FastAPI:
    """
    Return the application.

    `SHOP_DATABASE` names the database as crmflow does (`sqlite:///shop.db`, `postgresql://...`),
    `SHOP_SECRET` is the key of the webhooks that arrive (`whsec_` and base64).
    """
    url = os.environ.get("SHOP_DATABASE", "sqlite:///shop.db")
    place = make_url(url)
    app = FastAPI(title="A shop", lifespan=lifespan)
    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(NoResultFound, unknown)
    app.include_router(router)
    app.state.secret = os.environ["SHOP_SECRET"]
    app.state.database = create_async_engine(place.set(drivername=DRIVERS[place.drivername]))
    app.state.crm = AsyncEngine(url, machines=["order", "customer"], profile="demo")
    return app
