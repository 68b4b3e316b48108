"""
Hypothesis strategies for what an engine is given: built from types, for any plugin's too.

Forms, facts, payloads with and without faults, people, calendars and rows of tables. What a
class says of its fields is enough; a strategy of one's own may be given for a type or a field.
"""

from __future__ import annotations

from crmflow.testing.strategies.drawing import Strategies
from crmflow.testing.strategies.faults import Faulty

__all__ = ["Faulty", "Strategies"]
