"""Signatures: what a receiver with the library of the standard accepts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crmflow.delivery.signing import signed

KEYS = st.binary(min_size=1, max_size=64)


def secret(key: bytes) -> str:
    """Return a key as the standard writes it."""
    return f"whsec_{base64.b64encode(key).decode()}"


@given(KEYS, KEYS, st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1))
def test_whoever_has_one_of_the_keys_can_check_it(old: bytes, new: bytes, id_: str) -> None:
    """So a key is changed without a message lost; a body that was changed is refused."""
    body = '{"told": "grün"}'
    headers = dict(signed(f"{secret(old)} {secret(new)}", id_, datetime.now(UTC), body.encode()))
    for key in (old, new):
        assert Webhook(secret(key)).verify(body, headers) == {"told": "grün"}
        with pytest.raises(WebhookVerificationError):
            Webhook(secret(key)).verify(body + " ", headers)


@pytest.mark.parametrize(
    "wrong", ["", "whsec_", "s3cret", "whsec_s3cret!", "czNjcmV0", "whsec_grün"]
)
def test_what_is_no_key_is_refused_and_not_told(wrong: str) -> None:
    """A short message in the outbox's errors, and no secret in it."""
    with pytest.raises(ValueError, match="the secret is") as told:
        signed(wrong, "1", datetime.now(UTC), b"")
    assert not wrong or wrong.removeprefix("whsec_") not in str(told.value) or wrong == "whsec_"
