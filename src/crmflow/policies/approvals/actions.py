"""The table of actions: each reserved event and the function that answers it."""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.policies.approvals.acting import Action
from crmflow.policies.approvals.deciding import (
    approve,
    refuse,
    resubmit,
    send_back,
    stop,
    take_back,
    withdraw,
)
from crmflow.policies.approvals.passing_on import (
    add_signer,
    copy_to,
    delegate,
    hand_over,
    remind,
    remove_signer,
    transfer,
)

ACTIONS: Mapping[str, Action] = {
    "$approve": approve,
    "$refuse": refuse,
    "$return": send_back,
    "$resubmit": resubmit,
    "$withdraw": withdraw,
    "$take_back": take_back,
    "$transfer": transfer,
    "$delegate": delegate,
    "$add_signer": add_signer,
    "$remove_signer": remove_signer,
    "$copy_to": copy_to,
    "$remind": remind,
    "$hand_over": hand_over,
    "$stop": stop,
}
