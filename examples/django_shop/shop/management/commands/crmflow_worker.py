"""`python manage.py crmflow_worker`: what has to happen by itself, over the shop's database."""

import signal
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from crmflow import Worker
from shop.crm import crm


class Command(BaseCommand):
    """Fires timers and hands over messages until it is told to stop; any number may run."""

    help = "Fire timers and hand over messages of crmflow, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--once`."""
        parser.add_argument("--once", action="store_true", help="End as soon as nothing is due.")

    def handle(self, *, once: bool, **_: object) -> None:
        """Work."""
        worker = Worker(crm())
        before = {one: signal.signal(one, lambda *_: worker.stop()) for one in _STOPPING}
        self.stdout.write("it works, until SIGTERM or SIGINT")
        self.stdout.flush()
        try:
            worker.run(once=once)
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
        (duty,) = worker.duties
        self.stdout.write(f"fired {duty.tally.fired}, delivered {duty.tally.delivered}")


_STOPPING = (signal.SIGTERM, signal.SIGINT)
