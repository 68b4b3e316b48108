"""What requests would come to: decided like any, and never committed."""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.journal import unborn
from crmflow.flow.request import Request
from crmflow.flow.run import Answered, Flow


async def foresee(flow: Flow, requests: Sequence[Request]) -> list[Answered]:
    """
    Return what each request would come to if it alone were asked now; nothing is stored.

    That somebody else holds a claim shows only when it is taken.

    Args:
        flow: The steps over one registry and store.
        requests: What would be asked.
    """
    known = await flow.concerned(requests)
    answers: list[Answered] = []
    for request in requests:
        used = await flow.keys.used(request)
        if used is not None:
            answers.append(await flow.keys.repeated(request, used))
            continue
        entity = known.get(request.ref)
        before = unborn(request.ref, request.at) if entity is None else entity.snapshot
        answers.append(await flow.decided(request, before, known))
    return answers
