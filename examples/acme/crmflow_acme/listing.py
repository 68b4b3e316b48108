"""`crmflow sample`: what is lent to whom."""

from __future__ import annotations

from crmflow.cli.session import session
from crmflow.cli.verbs import Noun, flag

sample = Noun("sample", help="Samples that are lent to customers.", no_args_is_help=True)


@sample.command("list", help="List samples that are lent, by customer.")
@flag("--customer", metavar="ID", help="Of this customer only.")
def list_samples(customer: str | None) -> None:
    """List samples that are lent, by customer."""
    here = session()
    with here.engine() as engine:
        lent = [engine.get(row.ref) for row in engine.find("sample", state="lent")]
        rows = [
            {
                "customer": one.facts.customer,
                "id": one.ref.id,
                "product": one.facts.product,
                "serial": one.facts.serial,
                "worth": str(one.facts.worth),
                "since": one.entered_at.isoformat(),
            }
            for one in sorted(lent, key=lambda one: (one.facts.customer, one.ref.id))
            if customer in (None, one.facts.customer)
        ]
        here.rows(("customer", "id", "product", "serial", "worth", "since"), rows)
