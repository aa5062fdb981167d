"""Keyed digests: the only form in which customers and events are kept in state.

A digest is 128-bit blake2b under the deployment's secret: stable over processes and restarts, useless
without the secret. Raw customer ids must never reach a record, a log line or a label.
"""

import hashlib
from typing import Final

DIGEST_SIZE: Final = 16
_SOURCES: Final = 256
"""Sources whose part of a digest is at hand."""


class Identity:
    """Digests under one secret.

    Args:
        secret: the deployment secret, any length above 0; one longer than 64 bytes is digested first.
    """

    __slots__ = ("_customer", "_event", "_label", "_sources", "fingerprint")

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("the deployment secret is empty")
        key = secret if len(secret) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(secret).digest()
        self._customer = hashlib.blake2b(key=key, digest_size=DIGEST_SIZE, person=b"kpi.customer")
        self._event = hashlib.blake2b(key=key, digest_size=DIGEST_SIZE, person=b"kpi.event")
        self._label = hashlib.blake2b(key=key, digest_size=DIGEST_SIZE, person=b"kpi.label")
        self._sources: dict[str, hashlib.blake2b] = {}
        self.fingerprint = hashlib.blake2b(key=key, digest_size=8, person=b"kpi.secret").hexdigest()
        """Tells two secrets apart without telling anything about them."""

    def customer(self, customer_id: str) -> bytes:
        """The digest of a customer id."""
        digest = self._customer.copy()
        digest.update(customer_id.encode())
        return digest.digest()

    def label(self, text: str) -> bytes:
        """The digest of a dimension value."""
        digest = self._label.copy()
        digest.update(text.encode())
        return digest.digest()

    def event(self, source: str, event_id: str) -> bytes:
        """The digest of an event's identity within its customer."""
        begun = self._sources.get(source)
        digest = (self._begin(source) if begun is None else begun).copy()
        digest.update(event_id.encode())
        return digest.digest()

    def _begin(self, source: str) -> "hashlib.blake2b":
        """The digest of what stands before an event id of this source."""
        begun = self._event.copy()
        begun.update((f"{len(source)}:{source}" if source else ":").encode())
        if len(self._sources) >= _SOURCES:
            self._sources.clear()
        self._sources[source] = begun
        return begun
