"""`crmflow entity`: create entities, fire events, and ask what they are."""

from __future__ import annotations

from crmflow.cli.asking import explain, find, journal, options, read, show
from crmflow.cli.changing import adopt, create, fire
from crmflow.cli.doubling import duplicates
from crmflow.cli.verbs import Noun

entity = Noun(
    "entity", help="Create entities, fire events, ask what they are.", no_args_is_help=True
)
for command in (create, fire, show, read, options, explain, journal, find, duplicates, adopt):
    entity.add_command(command)
