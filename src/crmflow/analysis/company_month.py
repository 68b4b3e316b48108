"""
A month of a small company's life: leads become deals, complaints are settled or not.

Every life is a generator: it asks for events and yields the instant at which it goes on.
`play` moves a virtual clock from one such instant to the next and lets the engine fire
what is due between, so a month passes in the time the store needs. All chance of a life
comes from one stream of its own, of which only `random()` is drawn.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypeVar

import attrs

from crmflow.analysis.company_words import say
from crmflow.clock import ManualClock
from crmflow.core.actor import Actor
from crmflow.core.decision import Decision
from crmflow.core.ref import EntityRef
from crmflow.engine.engine import Engine

__all__ = ["END", "MACHINES", "START", "ZONE", "Refused", "play"]

T = TypeVar("T")
Waits = Generator[datetime, None, None]

ZONE = timezone(timedelta(hours=8))
"""The company's zone, UTC+08:00."""
START = datetime(2026, 3, 1, tzinfo=ZONE)
"""First instant of the month."""
END = datetime(2026, 3, 31, 18, tzinfo=ZONE)
"""Its last working hour is over."""
MACHINES = ("lead", "deal", "complaint")
"""What the company uses."""

LEADS, COMPLAINTS = 9, 9
CLAIMANT = "C-3001"
"""Customer of the claim that nobody attends."""
OPENS, CLOSES, SATURDAY = 9, 18, 5

SALES = Actor("sales-1", {"salesperson"})
SERVICE = Actor("service-1", {"customer_service"})
SUPERVISOR = Actor("supervisor-1", {"business_supervisor"})
HEAD = Actor("head-1", {"department_head"})
GENERAL_MANAGER = Actor("gm-1", {"general_manager"})


@attrs.frozen
class Refused:
    """An event the month ends with, and that the engine refuses."""

    entity: EntityRef
    event: str
    payload: Mapping[str, object]
    actor: Actor


@attrs.frozen
class Life:
    """
    One life's view of the company.

    Attributes:
        engine: Where it asks for events.
        draw: Its own stream of chance, numbers from 0 up to 1.
        lang: Language of what people write.
    """

    engine: Engine
    draw: Callable[[], float]
    lang: str

    @property
    def now(self) -> datetime:
        """The company's own time."""
        return self.engine.clock.now().astimezone(ZONE)

    def chance(self, share: float) -> bool:
        """Say whether something of that share happens."""
        return self.draw() < share

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices, each as likely as the others."""
        return choices[int(self.draw() * len(choices))]

    def born(self, first: int, last: int) -> datetime:
        """Return an instant by day between two days of the month."""
        day = START + timedelta(days=first - 1 + int(self.draw() * (last - first + 1)))
        return day + timedelta(hours=8, minutes=int(self.draw() * 11.5 * 60))

    def after(self, least: float, most: float) -> datetime:
        """Return an office hour, at least and at most so many hours from now."""
        minutes = int(60 * (least + self.draw() * (most - least)))
        return office_hour(self.now + timedelta(minutes=minutes))

    def words(self, *names: str) -> dict[str, object]:
        """Return what people write in these fields of a form."""
        return {name: say(name, self.lang) for name in names}

    def create(self, machine: str, payload: Mapping[str, object], actor: Actor) -> EntityRef:
        """Create an entity."""
        return self.engine.create(machine, payload, actor=actor).require().entity

    def fire(
        self, ref: EntityRef, event: str, actor: Actor, payload: Mapping[str, object] | None = None
    ) -> Decision:
        """Fire an event that the company's people know to be possible."""
        return self.engine.fire(ref, event, payload, actor=actor).require()


def office_hour(at: datetime) -> datetime:
    """Return *at*, or where the office is closed then, the same minute after it opens."""
    if at.hour >= CLOSES:
        at = at.replace(hour=OPENS) + timedelta(days=1)
    elif at.hour < OPENS:
        at = at.replace(hour=OPENS)
    while at.weekday() >= SATURDAY:
        at += timedelta(days=1)
    return at


def lead(life: Life, customer: str) -> Waits:
    """Live a lead: found, contacted, analysed, and dropped or made a deal."""
    yield life.born(2, 16)
    source = life.pick(("exhibition", "referral", "internet", "customer_form"))
    ref = life.create("lead", {"name": customer, "source": source}, SALES)
    yield life.after(2, 40)
    spoken = {"method": life.pick(("phone", "wechat", "face_to_face"))}
    life.fire(ref, "contact", SALES, spoken | life.words("person", "result", "details"))
    yield life.after(8, 60)
    if life.chance(0.25):
        life.fire(ref, "drop", SALES, {"reason": say("no_budget", life.lang)})
        return
    life.fire(ref, "analyse_needs", SALES, life.words("needs", "expectations", "goals"))
    yield life.after(4, 50)
    told = life.fire(ref, "convert", SALES, {"customer": customer})
    opened = told.messages[0]
    yield from deal(life, EntityRef(ref.tenant, opened.machine, opened.id))


def deal(life: Life, ref: EntityRef) -> Waits:
    """Live a deal: a plan, a proposal, and then a contract, a negotiation or a loss."""
    yield life.after(8, 50)
    fits = {"matches_requirements": True, "matches_expectations": True}
    life.fire(ref, "make_plan", SALES, fits | life.words("assessment", "plan"))
    yield life.after(8, 50)
    offer = {"products": [say("product", life.lang)]}
    life.fire(ref, "propose", SALES, offer | life.words("client_proposal"))
    yield life.after(20, 90)
    if life.chance(0.45):
        life.fire(ref, "accept", SALES, {"accepted_by": say("person", life.lang)})
        return
    life.fire(ref, "negotiate", SALES, life.words("topics", "refusal"))
    yield life.after(20, 90)
    if life.chance(0.4):
        life.fire(ref, "lose", SALES, {"reason": say("too_late", life.lang)})
        return
    price = {"price": f"{18 + int(life.draw() * 60)}00.00 CNY"}
    life.fire(ref, "agree", SALES, price | life.words("content", "delivery_time", "after_sales"))
    yield life.after(4, 30)
    life.fire(ref, "to_contract", SALES)


def complaint(life: Life, customer: str) -> Waits:
    """Live a complaint, from receipt to the call-back."""
    yield life.born(2, 29)
    channel = life.pick(("phone", "mail", "online_review", "social_media"))
    ref = life.create("complaint", {"customer": customer, "channel": channel}, SERVICE)
    yield life.after(0.1, 0.6)
    promise = {"promised_at": life.now + timedelta(days=3)}
    life.fire(ref, "respond", SERVICE, promise | life.words("solution"))
    mood = {"mood": life.pick(("worried", "dissatisfied", "angry"))}
    life.fire(ref, "record", SERVICE, mood | life.words("problem_type", "demand"))
    yield life.after(0.5, 3)
    grade = life.pick(("general", "general", "serious", "major"))
    life.fire(ref, "grade", SERVICE, {"grade": grade})
    yield life.after(0.5, 4)
    life.fire(ref, "attend", SUPERVISOR)
    yield from settled(life, ref, grade)
    yield life.after(4, 50)
    if life.chance(0.25):
        life.fire(ref, "reopen", SERVICE, {"reason": say("again", life.lang)})
        yield from settled(life, ref, grade)
        yield life.after(4, 40)
    life.fire(ref, "close", SERVICE, {"satisfied": True} | life.words("improvement"))


def settled(life: Life, ref: EntityRef, grade: str) -> Waits:
    """Live a complaint from its grade to the list of call-backs, as fast as its limit asks."""
    pace = {"general": 0.12, "serious": 0.25, "major": 0.3}[grade]
    concerned = {"departments": [say("department", life.lang)]}
    if grade == "major":
        life.fire(ref, "escalate_gm", SERVICE)
        yield life.after(2, 9)
        life.fire(ref, "gm_decide", GENERAL_MANAGER, concerned | life.words("gm_decision"))
    else:
        life.fire(ref, "investigate", HEAD, concerned)
    yield life.after(6 * pace, 50 * pace)
    form = {"escalate": grade == "major"} | life.words(
        "cause", "corrective", "preventive", "solution"
    )
    life.fire(ref, "propose_solution", HEAD, form)
    yield life.after(2 * pace, 30 * pace)
    if grade == "general":
        life.fire(ref, "solve_direct", SERVICE)
    else:
        life.fire(ref, "confirm", SERVICE, {"confirmed_by": say("person", life.lang)})
        yield life.after(pace, 12 * pace)
        life.fire(ref, "solve", SERVICE)
    yield life.after(0.5, 4)
    reply = {"reply": "letter" if grade == "major" else "phone"}
    take_steps(life, ref)
    life.fire(ref, "answer", SERVICE, reply | life.words("result"))
    life.fire(ref, "call_back", SERVICE)


def take_steps(life: Life, ref: EntityRef) -> None:
    """Take the further steps that the company has for major complaints."""
    facts = life.engine.get(ref).facts
    for step in facts.steps[len(facts.steps_done) :]:
        life.fire(ref, "take_step", SERVICE, {"step": step})


def neglected(life: Life, customer: str) -> Waits:
    """Live a claim that nobody attends, so that it cannot be closed: so in every month."""
    yield START.replace(day=17, hour=10)
    ref = yield from begun(life, customer, "general")
    yield from settled(life, ref, "general")


def forgotten(life: Life, customer: str) -> Waits:
    """Live a major claim that the general manager leaves lying: so in every month."""
    yield START.replace(day=24, hour=9, minute=30)
    ref = yield from begun(life, customer, "major")
    life.fire(ref, "escalate_gm", SERVICE)


def begun(life: Life, customer: str, grade: str) -> Generator[datetime, None, EntityRef]:
    """Live a claim from its receipt to its grade, the first response in time."""
    receipt = {"customer": customer, "channel": "phone", "is_claim": True}
    ref = life.create("complaint", receipt, SERVICE)
    yield life.after(0.2, 0.4)
    promise = {"promised_at": life.now + timedelta(days=2)}
    life.fire(ref, "respond", SERVICE, promise | life.words("solution"))
    life.fire(ref, "record", SERVICE, {"mood": "angry"} | life.words("problem_type", "demand"))
    yield life.after(1, 3)
    life.fire(ref, "grade", SERVICE, {"grade": grade})
    return ref


def refused(engine: Engine, lang: str) -> Refused:
    """Return the closing that is asked for too early, on the claim that nobody attends."""
    listed = engine.find("complaint", state="revisit_due")
    (claim,) = [row.ref for row in listed if engine.get(row.ref).facts.customer == CLAIMANT]
    form = {"satisfied": False, "improvement": say("improvement", lang)}
    return Refused(claim, "close", form, SERVICE)


def play(engine: Engine, clock: ManualClock, *, seed: int, lang: str) -> Refused:
    """
    Live the month.

    Args:
        engine: Runs `MACHINES` over an empty store, by *clock*.
        clock: At `START`; afterwards it is at `END`.
        seed: The same seed gives the same month.
        lang: Language of what people write, `en` or `zh`.

    Returns:
        An event that is refused as things stand.
    """

    def life(name: str) -> Life:
        stream = random.Random(f"{seed} {name}")  # noqa: S311 - a month to be repeated, no secret
        return Life(engine, stream.random, lang)

    lives = [lead(life(f"lead {n}"), f"C-{1001 + n}") for n in range(LEADS)]
    lives += [complaint(life(f"complaint {n}"), f"C-{2001 + n}") for n in range(COMPLAINTS)]
    lives += [neglected(life("neglected"), CLAIMANT), forgotten(life("forgotten"), "C-3002")]
    waiting = [(next(one), number) for number, one in enumerate(lives)]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] <= END:
        at, number = heapq.heappop(waiting)
        clock.set(max(at, clock.at))
        engine.run_due()
        again = next(lives[number], None)
        if again is not None:
            heapq.heappush(waiting, (again, number))
    clock.set(END)
    engine.run_due()
    return refused(engine, lang)
