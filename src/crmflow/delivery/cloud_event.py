"""What leaves: a CloudEvent 1.0 as JSON, the same bytes however often it is delivered."""

from __future__ import annotations

import json
from urllib.parse import quote

import attrs

from crmflow.core.message import Parcel
from crmflow.core.plain import plain

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"


@attrs.frozen
class Envelope:
    """
    A message ready to leave.

    Attributes:
        id: Its key as headers have it: ASCII, at most 216 characters.
        entity: Whose message: what keeps its order.
        body: The CloudEvent, whose `id` is the key as it is.
    """

    id: str
    entity: str
    body: bytes

    @classmethod
    def of(cls, parcel: Parcel, source: str | None = None) -> Envelope:
        """
        Return a message in the structured mode of CloudEvents.

        Args:
            parcel: The message.
            source: Where it comes from, a URI reference; left out, `/crmflow/<tenant>`.
        """
        ref = parcel.source
        told: dict[str, object] = {
            "specversion": "1.0",
            "id": parcel.key,
            "source": source or f"/crmflow/{quote(ref.tenant, safe='')}",
            "type": f"crmflow.{ref.machine}.{parcel.message.event}",
            "subject": ref.id,
            "datacontenttype": "application/json",
            "data": plain(parcel.message.payload),
        }
        if parcel.at is not None:
            told["time"] = parcel.at.isoformat()
        text = json.dumps(
            told, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        )
        return cls(parcel.spelt("/"), f"{ref.tenant}/{ref.machine}/{ref.id}", text.encode())
