"""`crmflow entity`: create entities, fire events, ask what they are, let them stand still."""

from __future__ import annotations

from crmflow.cli.asking import explain, journal, options, read, show
from crmflow.cli.changing import adopt, create, fire
from crmflow.cli.doubling import duplicates
from crmflow.cli.finding import count, find
from crmflow.cli.pausing import pause_entity, unpause_entity
from crmflow.cli.verbs import Noun

entity = Noun(
    "entity", help="Create entities, fire events, ask what they are.", no_args_is_help=True
)
ASKING = (show, read, options, explain, journal, find, count, duplicates)
for command in (create, fire, *ASKING, adopt, pause_entity, unpause_entity):
    entity.add_command(command)
