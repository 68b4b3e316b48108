"""How a worker works: how much at a time, how long it holds it, how often it looks."""

from __future__ import annotations

from datetime import timedelta

import attrs

from crmflow.flow.leasing import LEASE, Lease


@attrs.frozen(kw_only=True)
class Pace:
    """
    How a worker works.

    Attributes:
        batch: At most so many timers, and so many messages, of a tenant in one round.
        lease: How long what it takes is nobody else's. Where it dies, others go on then.
        poll: How often it looks at least for what others have made due.
        sweep: How often it looks at everything that is due, also at what became due, or free
            again, before the last it took.
        timeout: How long a delivery handler may take; its message is tried again then.
        threads: Threads of each delivery handler; 0 calls them in the round, for as long as
            they take.

    Raises:
        ValueError: One of them is not positive, or the lease does not outlast the timeout.
    """

    batch: int = 100
    lease: timedelta = LEASE
    poll: timedelta = timedelta(seconds=1)
    sweep: timedelta = timedelta(seconds=30)
    timeout: timedelta = timedelta(seconds=30)
    threads: int = 4

    def __attrs_post_init__(self) -> None:
        spans = (self.lease, self.poll, self.sweep, self.timeout)
        if self.batch < 1 or self.threads < 0 or min(spans) <= timedelta():
            message = f"a pace has no negative parts, and no empty ones but threads: {self}"
            raise ValueError(message)
        if self.lease <= self.timeout:
            message = f"a lease of {self.lease} is over before a handler that takes {self.timeout}"
            raise ValueError(message)

    @property
    def leasing(self) -> Lease:
        """How much it takes at a time, and for how long."""
        return Lease(self.lease, self.batch)
