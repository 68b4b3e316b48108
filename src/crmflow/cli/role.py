"""`crmflow role`: the roles there are, what they do, and who names them."""

from __future__ import annotations

from collections import Counter

from crmflow.cli.output import Record
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun

role = Noun("role", help="Roles and their duties.", no_args_is_help=True)


@role.command(name="list", help="List roles: what they do, and how often rows name them.")
def list_() -> None:
    """List the roles of the table, and those that only rows and machines name."""
    from crmflow.policies.roles import Role, named

    here = session()
    manager = here.plugins()
    tables = here.rules(manager).tables
    counts = Counter(one.role for one in named(tables, here.machines(manager)))
    chinese = here.lang == "zh"
    rows: list[Record] = [
        {
            "role": row.name,
            "label": row.zh if chinese else row.en,
            "synonyms": list(row.synonyms),
            "duties": row.duties_zh if chinese else row.duties_en,
            "named": counts.pop(row.name, 0),
            "rules": list(row.rules),
        }
        for row in tables.of("roles", Role)
    ]
    # What nobody described is a role of the company's own.
    rows += [
        {"role": name, "label": None, "synonyms": [], "duties": None, "named": n, "rules": []}
        for name, n in sorted(counts.items())
    ]
    here.rows(("role", "label", "synonyms", "duties", "named", "rules"), rows)
