"""Who asks, and what their roles let them do."""

from __future__ import annotations

from crmflow.core.actor import SYSTEM, Actor


def test_one_of_the_roles_is_enough() -> None:
    """Where no role may, nobody may but the system."""
    clerk = Actor("bob", {"clerk", "sales"})
    assert clerk.may(("manager", "clerk"))
    assert not clerk.may(("manager",))
    assert not clerk.may(())
    assert SYSTEM.may(())


def test_who_calls_themselves_system_is_not_the_system() -> None:
    """An id and a role are what anybody could claim."""
    assert not Actor("system", {"system"}).may(("manager",))
