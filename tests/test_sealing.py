"""Sealed values: opened as they were, by nobody else, nowhere else."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.codec.sealing import DESTROYED, GONE, INDEX, SEALED, Sealing, Vault, wrapped_by
from crmflow.core.claim import Claim
from crmflow.core.entity import Snapshot
from crmflow.core.erasure import ERASED
from crmflow.core.errors import SealedError
from crmflow.core.journal import unborn
from crmflow.core.ref import EntityRef
from tests.core.samples import AT

REF = EntityRef("main", "mill", "M-1")
OTHER = EntityRef("main", "mill", "M-2")
MILL: Snapshot[Any] = unborn(REF, AT)
KEYS = {"k1": bytes(32), "k2": bytes([1]) * 32, INDEX: bytes([2]) * 32}


def vault(secrets: dict[EntityRef, bytes] | None = None, current: str = "k1") -> Vault:
    """Return a vault over secrets that a store might have."""
    sealing = Sealing(frozenset({"mobile", "bank"}), frozenset({"phone"}))
    return Vault(KEYS, current, {"mill": (sealing,)}, (secrets or {}).get)


LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
NAMES = st.sampled_from(("mobile", "bank", "name"))
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


def bare(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Say whether something under a sealed name can be read."""
    if isinstance(value, list):
        return any(map(bare, value))
    if isinstance(value, dict) and SEALED not in value:
        hidden = {"mobile", "bank"}
        return any(
            (one is not None and set(one) != {SEALED})
            if name in hidden and isinstance(one, dict)
            else (one is not None)
            if name in hidden
            else bare(one)
            for name, one in value.items()
        )
    return False


@given(tree=TREES)
def test_what_is_sealed_is_opened_as_it_was(tree: object) -> None:
    """Every value under a name comes back, and none of them stands there to be read (STO-002)."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    sealed = seal.tree(tree)
    assert not bare(sealed)
    assert vault({REF: seal.secret}).opened(sealed) == tree


def test_a_value_is_bound_to_its_place() -> None:
    """Moved to another entity or field, or changed, it does not open."""
    made = [vault().seal(unborn(ref, AT), None) for ref in (REF, OTHER)]
    first, second = (seal for seal in made if seal is not None)
    secrets = {REF: first.secret, OTHER: second.secret}
    token: Any = first.token("mobile", "400")
    tenant, machine, id_, field, told = token[SEALED]
    for moved in (
        [tenant, machine, "M-2", field, told],
        [tenant, machine, id_, "bank", told],
        [tenant, machine, id_, field, told[:-4] + "AAA="],
    ):
        with pytest.raises(SealedError, match="another one, or its bytes were changed"):
            vault(secrets).opened({SEALED: moved})
    with pytest.raises(SealedError, match="the store has no key of it"):
        vault().opened(token)
    with pytest.raises(SealedError, match="the key 'k1' is not among"):
        Vault({"k2": KEYS["k2"]}, "k2", {}, secrets.get).opened(token)


def test_two_of_the_same_value_do_not_look_the_same() -> None:
    """Nor do two entities have one key; digests alone are the same."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    assert seal.token("mobile", "400") != seal.token("mobile", "400")
    phone, other = Claim("phone", "400"), Claim("shop", "400")
    assert vault().blinded(REF, (phone, other))[1] == other
    assert vault().blinded(REF, (phone,)) == vault().blinded(OTHER, (phone,))
    assert vault().blinded(REF, (phone,))[0].value != "400"
    elsewhere = EntityRef("acme", "mill", "M-1")
    assert vault().blinded(REF, (phone,)) != vault().blinded(elsewhere, (phone,))


@pytest.mark.parametrize(
    ("shelf", "body", "names"),
    [
        ("claims", {"scope": "phone", "value": "400"}, ["value"]),
        ("claims", {"scope": "shop", "value": "400"}, []),
        ("timers", {"name": "mobile", "mobile": "400"}, []),
        ("policies", {"policy": "mobile", "value": {"mobile": "400"}}, ["mobile"]),
        ("links", {"name": "mobile", "facts": {"mobile": "400"}}, ["mobile"]),
    ],
)
def test_what_is_attached_is_sealed_where_it_tells_values(
    shelf: str, body: dict[str, Any], names: list[str]
) -> None:
    """Claims of the scopes, policies' states and what links tell; their own words stay."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    sealed = seal.item(shelf, body)
    told = [field for *_, field, _ in _tokens(sealed)]
    assert told == [name if name != "value" else "phone" for name in names]
    assert vault({REF: seal.secret}).opened(sealed) == body


def _tokens(value: Any) -> list[list[str]]:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        return []
    if SEALED in value:
        return [value[SEALED]]
    return [token for one in value.values() for token in _tokens(one)]


def test_a_dropped_claim_has_its_value_in_its_key() -> None:
    """So the key is sealed too; those of other scopes and shelves are not."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    assert vault({REF: seal.secret}).opened(seal.of("claims", "phone 400")) == "phone 400"
    assert seal.of("claims", "phone 400") != "phone 400"
    assert seal.of("claims", "shop 400") == "shop 400"
    assert seal.of("timers", "phone") == "phone"


def test_a_verdict_hides_what_it_tells_of_the_entity() -> None:
    """Its values are sealed by their names; what was judged and by what stays (STO-002)."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    verdict = {"reason": "mobile", "values": {"mobile": "400", "limit": 3}, "passed": False}
    sealed = seal.values(verdict)
    assert [field for *_, field, _ in _tokens(sealed)] == ["mobile"]
    assert {**sealed, "values": None} == {**verdict, "values": None}
    assert vault({REF: seal.secret}).opened(sealed) == verdict


def test_without_a_store_every_entity_is_new() -> None:
    """It gets a key of its own, and what was sealed with it cannot be opened without a store."""
    alone = Vault(KEYS, "k1", {"mill": (Sealing(frozenset({"mobile"})),)})
    seal = alone.seal(MILL, None)
    assert seal is not None
    assert seal.fresh
    with pytest.raises(SealedError, match="the store has no key of it"):
        alone.opened({"mobile": seal.token("mobile", "400")})


def test_a_key_of_another_name_goes_on_opening() -> None:
    """An entity keeps the key that wraps its own; a new one takes the current."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    later = vault({REF: seal.secret}, "k2")
    again, new = later.seal(MILL, None), later.seal(unborn(OTHER, AT), None)
    assert again is not None
    assert new is not None
    assert (again.key, again.fresh) == (seal.key, False)
    assert (again.secret[:3], new.secret[:3]) == (b"k1\0", b"k2\0")


def test_a_destroyed_key_leaves_nothing() -> None:
    """What was sealed reads as erased, and nothing is kept any more."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    token = seal.token("mobile", "400")
    gone = vault({REF: DESTROYED})
    assert gone.opened([{"a": token}])[0]["a"] is ERASED
    after = gone.seal(MILL, None)
    assert after is not None
    assert after.token("mobile", "500") == {GONE: "mobile"}
    assert gone.opened({GONE: "mobile"}) is ERASED
    assert seal.token("mobile", ERASED) == {GONE: "mobile"}


def test_the_library_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its extra."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ImportError, match=r"crmflow\[crypto\]"):
        vault().seal(MILL, None)


def test_a_key_is_wrapped_anew_and_opens_what_it_opened() -> None:
    """By the current master key, once; what is destroyed stays so (STO-002)."""
    seal = vault().seal(MILL, None)
    assert seal is not None
    sealed = seal.tree({"mobile": "400"})
    after = vault(current="k2")
    again = after.rewrapped(REF, seal.secret)
    assert again is not None
    assert (wrapped_by(seal.secret), wrapped_by(again), wrapped_by(DESTROYED)) == ("k1", "k2", None)
    assert vault({REF: again}, "k2").opened(sealed) == {"mobile": "400"}
    assert after.rewrapped(REF, again) is None
    assert after.rewrapped(REF, DESTROYED) is None
    with pytest.raises(SealedError, match="the key 'k1' is not among"):
        Vault({"k2": KEYS["k2"]}, "k2").rewrapped(REF, seal.secret)


@given(told=st.binary(max_size=9), other=st.binary(max_size=9))
def test_a_signature_stands_for_what_was_told(told: bytes, other: bytes) -> None:
    """By a key that is there, the one in use or an older one; without an audit key by none."""
    signing, later = Vault(KEYS, auditing="k1"), Vault(KEYS, auditing="k2")
    signature = signing.signed(told)
    assert later.vouched(told, signature)
    assert later.vouched(other, signature) == (other == told)
    for none in (
        "",
        "k1:",
        f"k3{signature[2:]}",
        signature[3:],
        f"{signature}0",
        "k1:é",
        "k1:\ud800",
    ):
        assert not later.vouched(told, none)
    assert Vault().signed(told) == ""
    assert Vault().vouched(told, "")
