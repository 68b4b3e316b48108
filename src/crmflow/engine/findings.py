"""What an audit finds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from crmflow.core.ref import EntityRef


class Flaw(StrEnum):
    """What may be wrong with what is stored of an entity; the value is its English sentence."""

    MISSING = "record {expected} is missing"
    HASH = "the hash is not that of the record and the one before"
    COLUMNS = "the columns of the row are not what its record says"
    UNREADABLE = "the record cannot be read: {why}"
    CHECKPOINT = "the checkpoint is not where the journal leads"
    END = "the journal ends at version {version}"
    HEAD = "the stored head is not the hash of the last record"
    SNAPSHOT = "folding the journal does not give the stored snapshot"
    GONE = "the anchor has the entity at this version, the store has none"
    CUT = "the anchor has the entity at this version, the store at version {version}"
    OTHER = "the anchor has another record at this version"
    LEFT = "a record stands before the mark of those that are pruned"
    UNTOLD = "no record tells of the mark of those that are pruned"
    UNSIGNED = "the mark of pruned records was changed, or no audit key signed it"
    UNVOUCHED = "the anchor's record is pruned, and no audit key vouches for its mark"


@attrs.frozen
class Finding:
    """
    Something that is wrong with what is stored of an entity.

    Attributes:
        ref: The entity.
        version: At which version.
        flaw: What it is.
        values: What fills its sentence.
    """

    ref: EntityRef
    version: int
    flaw: Flaw
    values: Mapping[str, object] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{self.ref}, version {self.version}: {self.flaw.format(**self.values)}"


@attrs.frozen
class Audited:
    """
    What an audit found of one entity.

    Attributes:
        ref: The entity.
        records: Its journal records that were verified.
        findings: What is wrong; empty where all is well.
    """

    ref: EntityRef
    records: int
    findings: tuple[Finding, ...] = ()
