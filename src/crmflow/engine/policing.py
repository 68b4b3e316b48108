"""The part of an engine that is about its policies: attaching late ones, retiring lost ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmflow.engine.asking import Asking

if TYPE_CHECKING:
    from crmflow.core.actor import Actor
    from crmflow.core.decision import Decision
    from crmflow.core.ref import EntityRef
    from crmflow.engine.attaching import Attaching


class Policing(Asking):
    """What an engine does with its policies, beside asking them at every step."""

    def attach(self, policy: str, *, actor: Actor | str, dry_run: bool = False) -> Attaching:
        """
        Let a policy that came later begin with entities that nobody touches.

        Without this it begins with each at its next event.

        Args:
            policy: Name of the policy.
            actor: Needs one of the machines' `adopters` roles.
            dry_run: Whether to tell only what would be attached.
        """
        from crmflow.core.reserved import ATTACH, Attachment
        from crmflow.engine.attaching import Attaching, attachable

        now, seen = self.clock.now(), 0
        who, found = self.actor(actor, now), []
        for machine, bound in self.registry.policies.items():
            if policy in {one.name for one in bound}:
                for ref, begins in attachable(self.registry, self.store, machine, policy, who, now):
                    seen += 1
                    found += [ref] if begins else []
        for ref in () if dry_run else found:
            self._reserved(ref, ATTACH, Attachment(policy), who).require()
        return Attaching(seen, tuple(found))

    def retire(self, policy: str, reason: str, *, actor: Actor | str) -> tuple[EntityRef, ...]:
        """
        End a policy that is no longer there, and journal it with each entity it has state of.

        Args:
            policy: Name of the policy; the engine was made with it among `retiring`.
            reason: Why; journaled.
            actor: Needs one of the machines' `adopters` roles.

        Returns:
            The entities it had state of.
        """
        from crmflow.core.reserved import RETIRE, Retirement
        from crmflow.engine.attaching import kept_by

        done: list[EntityRef] = []
        tenant = self.registry.tenant
        for machine, name in self.store.enrolled(tenant):
            if name != policy or machine not in self.registry.machines:
                continue
            for snapshot in list(kept_by(self.registry, self.store, machine, policy)):
                form = Retirement(policy, reason)
                self._reserved(snapshot.ref, RETIRE, form, actor).require()
                done.append(snapshot.ref)
            self.store.dismiss(tenant, machine, policy)
        return tuple(done)

    def _reserved(self, ref: EntityRef, event: str, form: object, actor: Actor | str) -> Decision:
        """Fire one of the events that every machine has."""
        raise NotImplementedError
