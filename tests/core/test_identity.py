"""Digests are stable, keyed, and tell identities apart."""

import pytest

from streams.core.customer.identity import DIGEST_SIZE, Identity


def test_digests_depend_on_the_secret_and_on_nothing_else() -> None:
    """The same in every process."""
    one, same, other = Identity(b"secret"), Identity(b"secret"), Identity(b"other")
    assert one.customer("a") == same.customer("a") != other.customer("a")
    assert one.event("", "a") == same.event("", "a") != other.event("", "a")
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.customer("a").hex() == "f9d535bf8bfe2f05e4aaf076e7eef1e5"


def test_a_customer_and_an_event_of_one_name_have_two_digests() -> None:
    """Of the documented size."""
    identity = Identity(b"secret")
    assert len({identity.customer("a"), identity.event("", "a")}) == 2
    assert len(identity.customer("a")) == len(identity.event("", "a")) == DIGEST_SIZE


def test_source_and_id_do_not_run_into_each_other() -> None:
    """However they are divided, and whatever they look like."""
    pairs = [
        ("", "ab"),
        ("a", "b"),
        ("ab", ""),
        ("", ":ab"),
        ("", "1:ab"),
        ("1:a", "b"),
        ("a", ":b"),
        ("a:", "b"),
    ]
    identity = Identity(b"secret")
    assert len({identity.event(*pair) for pair in pairs}) == len(pairs)


def test_ever_new_sources_give_the_digests_that_they_always_give() -> None:
    """Whatever is kept of them between two events."""
    identity = Identity(b"secret")
    names = [f"s{number}" for number in range(600)]
    first = [identity.event(name, "a") for name in names]
    assert len(set(first)) == 600
    assert [identity.event(name, "a") for name in reversed(names)] == first[::-1]
    assert [Identity(b"secret").event(name, "a") for name in names] == first


def test_a_secret_may_be_long_but_not_empty() -> None:
    """One longer than the hash takes as a key is digested first."""
    assert (
        Identity(b"x" * 64).fingerprint != Identity(b"x" * 65).fingerprint != Identity(b"x" * 66).fingerprint
    )
    with pytest.raises(ValueError, match="empty"):
        Identity(b"")
