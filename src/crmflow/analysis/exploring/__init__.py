"""
Exploring: every situation that a machine and its policies can come to together, within bounds.

What counts as one situation says `situation`, what is tried in it `moving`; whatever an engine
would decide is decided by the same pure functions. A fault that is found comes with the story
that leads to it, and a story can be replayed.
"""

from crmflow.analysis.exploring.bounds import Bounds
from crmflow.analysis.exploring.exploration import Explored, explore, explore_machine
from crmflow.analysis.exploring.property import (
    Property,
    always,
    eventually_possible,
    in_state,
    leads_to,
    never,
    precedes,
)
from crmflow.analysis.exploring.replaying import Replayed, replay, replay_story
from crmflow.analysis.exploring.story_file import read_story, story_lines

__all__ = [
    "Bounds",
    "Explored",
    "Property",
    "Replayed",
    "always",
    "eventually_possible",
    "explore",
    "explore_machine",
    "in_state",
    "leads_to",
    "never",
    "precedes",
    "read_story",
    "replay",
    "replay_story",
    "story_lines",
]
