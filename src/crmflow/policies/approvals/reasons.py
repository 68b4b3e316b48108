"""Why: every answer and every step taken by the mechanism itself has one of these codes."""

from __future__ import annotations

from enum import StrEnum

NAME = "approvals"
"""Name of the policy: key of its state, prefix of its timers."""


class Reason(StrEnum):
    """Codes of the locale section `reasons`, grouped by what they say."""

    # What is awaited.
    NEEDS_APPROVAL = "needs_approval"
    VOTE_COUNTED = "vote_counted"

    # How a request ends.
    APPROVED = "approved"
    APPROVAL_REFUSED = "approval_refused"
    APPROVAL_RETURNED = "approval_returned"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    APPROVAL_STOPPED = "approval_stopped"
    HOLD_VOIDED = "hold_voided"
    CHAIN_GONE = "chain_gone"
    FACTS_CHANGED = "facts_changed"
    APPROVED_EVENT_REFUSED = "approved_event_refused"
    APPROVAL_TIMED_OUT = "approval_timed_out"
    APPROVER_MISSING = "approver_missing"
    FALLBACK_MISSING = "fallback_missing"
    QUORUM_UNREACHABLE = "quorum_unreachable"

    # What the mechanism does by itself.
    STEP_NOT_NEEDED = "step_not_needed"
    PASSED_WITHOUT_APPROVER = "passed_without_approver"
    FALLBACK_USED = "fallback_used"
    OWN_REQUEST_LEFT_OUT = "own_request_left_out"
    OWN_REQUEST_TO_SUPERIOR = "own_request_to_superior"
    APPROVED_BEFORE = "approved_before"
    STAND_IN_CANNOT_VOTE = "stand_in_cannot_vote"
    REMINDED_OF_LIMIT = "reminded_of_limit"
    ESCALATED = "escalated"
    TRANSFERRED_BY_LIMIT = "transferred_by_limit"
    PASSED_BY_LIMIT = "passed_by_limit"
    NOBODY_TO_TAKE_OVER = "nobody_to_take_over"
    RESTARTED = "restarted"
    APPROVAL_NOT_NEEDED = "approval_not_needed"
    CHAIN_CHANGED = "chain_changed"
    REQUESTER_UNKNOWN = "requester_unknown"

    # Why an action is denied.
    NO_REQUEST = "no_request"
    WHICH_REQUEST = "which_request"
    NOT_APPROVER = "not_approver"
    NOT_REQUESTER = "not_requester"
    NOT_ADMINISTRATOR = "not_administrator"
    NOT_INVOLVED = "not_involved"
    ALREADY_VOTED = "already_voted"
    OWN_REQUEST = "own_request"
    WAITS_FOR_SIGNER = "waits_for_signer"
    WAITS_FOR_RESUBMISSION = "waits_for_resubmission"
    NOT_RETURNED = "not_returned"
    UNKNOWN_STEP = "unknown_step"
    NOTHING_TO_TAKE_BACK = "nothing_to_take_back"
    NEXT_STEP_TOUCHED = "next_step_touched"
    ALREADY_APPROVER = "already_approver"
    UNKNOWN_PERSON = "unknown_person"
    PASSED_ON_IN_A_CIRCLE = "passed_on_in_a_circle"
    LAST_SIGNER = "last_signer"
    NOT_A_SIGNER = "not_a_signer"
    NOT_WHO_ADDED = "not_who_added"
    REMINDED_TOO_SOON = "reminded_too_soon"
    PAYLOAD_FAULTS = "payload_faults"
    FOR_TIMERS_ONLY = "for_timers_only"
