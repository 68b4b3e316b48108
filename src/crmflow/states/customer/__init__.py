"""
Customer record (客户档案): one record of one customer, from collection to archive (catalogue 3.7).

Type, tier, stage, class and grade are facts of their own (AMB-11, AMB-38). The current
value is replaced by a change; the old one stays in the journal and with the update that
brought the new one (AMB-10). Other entities tell their dealings by message.
"""

from __future__ import annotations

from crmflow.core.customer_file import WAS_KNOWN
from crmflow.core.dealing import HandOver, Reason
from crmflow.core.machine import ANY, KEEP, Blank, Kind, Machine, Open, Row, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied, stamped
from crmflow.states.customer import forms as f
from crmflow.states.customer import guards as g
from crmflow.states.customer import updates as u
from crmflow.states.customer.facts import CustomerFacts
from crmflow.states.customer.facts import CustomerState as S

__all__ = ["CUSTOMER"]

SALES, KEEPER, SYSTEM = "salesperson", "file_keeper", "system"

COLLECTED = ("name", "source", "business_type", "collected_at")
CONFIRMED = (*COLLECTED, "confirmed_with", "confirmed_at")
ENTERED = (*CONFIRMED, "customer_type", "industry", "contacts", "mobile")
ACTIVE = (*ENTERED, "number", "checked_by", "region", "needs")
COLLECTING_RULES = (
    "REC-001 REC-003 REC-004 REC-005 REC-006 REC-007 REC-008 REC-009 REC-010 REC-011 REC-012 "
    "REC-013 REC-014 REC-015 REC-016 REC-017 REC-018 REC-038 REC-039 REC-040 REC-041 REC-046 "
    "REC-047 REC-048 REC-052 REC-053 REG-001 INT-003"
)
ENTRY_RULES = "REC-020 REC-021 REC-022 REC-023 REC-024 REC-049 REG-006"
CHANGE_RULES = (
    "REC-026 REC-027 REC-028 REC-029 REC-030 REC-031 REC-032 REC-033 REC-034 REC-035 REC-036 "
    "REC-037"
)
REVIVE = Open("reactivate", KEEPER)

CUSTOMER = Machine(
    "customer",
    CustomerFacts,
    zh="客户档案",
    en="customer record",
    shares="name owner tier customer_type lifecycle_stage file_class key_account_grade",
    searchable="name:text mobile email tax_id number industry region source collected_by",
    blanks=(
        Blank(
            g.REQUIRED_FIELDS, "map", "Required fields beyond name and mobile, by business type.",
            "REC-004 REG-001",
        ),
        Blank(
            g.FILE_SCHEMA, "list", "Contents of the file beyond the catalogue's own.",
            "REC-046 REC-048",
        ),
        Blank(g.CLASS_MEASURES, "map", "Measures per customer class.", "REC-047"),
    ),
    states=(
        State(S.COLLECTED, "已采集", "collected", Kind.INITIAL, requires=COLLECTED),
        State(S.CONFIRMED, "已确认", "confirmed", requires=CONFIRMED),
        State(S.ENTERED, "已录入", "entered", requires=ENTERED),
        State(S.ACTIVE, "有效", "active", requires=ACTIVE),
        State(S.DORMANT, "休眠", "dormant", requires=(*ACTIVE, "dormant_at")),
        State(S.ARCHIVED, "已归档", "archived", requires=("name", "contacts", "number")),
        State(S.TERMINATED, "已终止", "terminated", requires=(*ACTIVE, "reason")),
        State(S.PURGED, "已清除", "purged", Kind.FINAL, requires=("number", "reason")),
        State(S.DISCARDED, "已作废", "discarded", Kind.FINAL, requires=("discarded", "reason")),
    ),
    rows=(
        Row(
            UNBORN, "collect", S.COLLECTED, form=f.Collection,
            guards=(g.SET_IS_FIXED, g.FITS_SCHEMA), sets=u.collected, claims=u.claims,
            tasks=(Open("confirm", SALES),),
            rules=COLLECTING_RULES,
        ),
        Row(
            S.COLLECTED, "confirm", S.CONFIRMED, form=f.KeyData,
            guards=(g.KEY_DATA, g.VALUES_FIT), sets=u.confirmed,
            tasks=(Open("enter", SALES),), done="confirm",
            rules="REC-019",
        ),
        Row(
            S.CONFIRMED, "enter", S.ENTERED, form=f.EntryForm,
            guards=(g.LOGGED_IN, g.SORTED, g.VALUES_FIT), sets=u.entered,
            tasks=(Open("check_logic", KEEPER),), done="enter",
            rules=ENTRY_RULES,
        ),
        Row(
            S.ENTERED, "check_logic", S.ACTIVE, form=f.LogicCheck,
            guards=(g.BY_A_PERSON, g.CLASSIFIED, g.MEASURED), sets=u.checked, claims=u.claims,
            done="check_logic", send=(u.STAGE,),
            rules="REC-002 REC-025 REG-002 REG-003 REG-004 REG-005",
        ),
        Row(
            S.ENTERED, "reject_logic", S.COLLECTED, form=Reason, sets=copied("reason"),
            tasks=(Open("confirm", SALES),), done="check_logic",
            rules="REC-025",
        ),
        Row(
            (S.COLLECTED, S.CONFIRMED, S.ENTERED), "discard", S.DISCARDED, form=f.Discarding,
            guards=(g.NAMES_OTHER,), sets=copied("discarded", "reason", "duplicate_of"),
            send=(u.PROPOSE,),
            rules="REC-001 REC-002",
        ),
        Row(
            (S.ACTIVE, S.DORMANT), "report_change", KEEP, form=f.ChangeReport,
            guards=(g.OWN_REPORT, WAS_KNOWN, g.VALUES_FIT), send=(u.RAISE,),
            rules=CHANGE_RULES,
        ),
        Row(
            S.ACTIVE, "call_for_review", KEEP, who=SYSTEM, tasks=(Open("review", KEEPER),),
            rules="REC-035",
        ),
        Row(
            S.ACTIVE, "review", KEEP, form=f.Review, who=KEEPER, sets=u.reviewed, done="review",
            rules="REC-033 REC-035",
        ),
        Row(
            S.ACTIVE, "mark_dormant", S.DORMANT, form=f.NoNeed,
            guards=(g.BY_A_PERSON, g.SILENT, g.NO_NEED), sets=u.rested,
            tasks=(Open("archive", KEEPER),), done="review",
            rules="LIF-004 LIF-005 LIF-006",
        ),
        Row(
            (S.DORMANT, S.TERMINATED), "archive", S.ARCHIVED, guards=(g.BASICS_KEPT,),
            sets=stamped("archived_at"), done="archive",
            rules="LIF-007 LIF-008 STO-004",
        ),
        Row(
            (S.DORMANT, S.ARCHIVED), "reactivate", S.ACTIVE, form=Reason, sets=u.revived,
            done="archive reactivate",
            rules="LIF-009",
        ),
        Row(
            (S.ACTIVE, S.DORMANT), "terminate", S.TERMINATED, form=Reason, sets=copied("reason"),
            tasks=(Open("archive", KEEPER),), done="review", send=(u.END,),
            rules="REC-029",
        ),
        Row(
            S.ARCHIVED, "purge", S.PURGED, form=Reason, who="administrator", sets=u.purged,
            claims=u.claims,
            rules="STO-003",
        ),
        Row(
            ANY, "hand_over", KEEP, form=HandOver, sets=copied("owner", "reason"),
            rules="DEV-011 DEV-017",
        ),
        Row(
            (S.COLLECTED, S.CONFIRMED, S.ENTERED, S.ACTIVE), "choose_representative", KEEP,
            form=f.Representation, sets=copied("advisory_shop"), claims=u.claims,
            rules="REC-040",
        ),
        Row(
            S.ACTIVE, "record_service", KEEP, form=f.PersonalService, sets=u.served,
            rules="KAM-045",
        ),
        Row(
            ANY, "apply_update", KEEP, form=f.UpdateApplied, who=SYSTEM,
            guards=(g.VALUES_FIT, g.FIELDS_EXIST, g.CLASS_KNOWN), sets=u.updated,
            claims=u.claims, send=(u.LOG,),
            rules="REC-017 REC-030 REC-034 REC-037 STO-006",
        ),
        Row(
            ANY, "note_contact", KEEP, form=f.ContactTold, who=SYSTEM, sets=u.contacted,
            rules="DEV-010 STO-005",
        ),
        Row(
            (S.DORMANT, S.ARCHIVED), "note_purchase", KEEP, form=f.PurchaseTold, who=SYSTEM,
            sets=u.purchased, tasks=(REVIVE,), send=(u.TELL_STAGE,),
            rules="REC-038 LIF-009 STO-005",
        ),
        Row(
            (S.COLLECTED, S.CONFIRMED, S.ENTERED, S.ACTIVE, S.TERMINATED), "note_purchase", KEEP,
            form=f.PurchaseTold, who=SYSTEM, sets=u.purchased, send=(u.TELL_STAGE,),
            rules="REC-038 STO-005",
        ),
        Row(
            ANY, "note_dealing", KEEP, form=f.DealingTold, who=SYSTEM, sets=u.dealt,
            rules="REC-003 STO-005",
        ),
        Row(
            ANY, "note_satisfaction", KEEP, form=f.SatisfactionTold, who=SYSTEM,
            sets=lambda attempt: {"satisfaction": attempt.form.score},
            rules="STO-005",
        ),
        Row(
            ANY, "set_tier", KEEP, form=f.TierMoved, who=SYSTEM,
            sets=u.tiered,
            rules="REC-034 REG-005 TIE-012 TIE-037",
        ),
        Row(
            ANY, "set_stage", KEEP, form=f.StageTold, who=SYSTEM,
            sets=lambda attempt: {"lifecycle_stage": attempt.form.stage},
            rules="REC-034 LIF-001",
        ),
        Row(
            ANY, "set_key_account", KEEP, form=f.KeyAccountTold, who=SYSTEM, sets=u.key_account,
            rules="REC-034 ACC-014",
        ),
    ),
)  # fmt: skip
"""The machine `customer`."""
