"""The layout of what is kept and passed on: read from the structures themselves, and one fingerprint of it.

Records in the changelog and totals name nothing: a number means what its place says. So the places are named
here, all of them, and whoever reads what another version wrote compares fingerprints first. Never decides
what to do with a foreign one.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, get_type_hints

import msgspec

from streams.core import totals
from streams.core.alarms.day import QUANTITIES
from streams.core.counting import quantities
from streams.core.counting import sealed_sums as sealing
from streams.core.customer import entries, history, life, voided
from streams.core.customer import record as customer
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.definition.dimensions import DEFAULT_DIMENSIONS, EVENT_DIMENSIONS
from streams.core.kpi import revenue_buckets as buckets
from streams.core.kpi import revenue_kept
from streams.core.kpi.early_warning import AtRisk
from streams.core.partition import malformed_slots, parking, pieces
from streams.core.partition.ledger import Ledger
from streams.core.partition.state import FORMS, Header, group_key

_STRUCTS: Final[tuple[type, ...]] = (
    entries.SignupEntry,
    entries.CancellationEntry,
    entries.SurveyEntry,
    entries.VoidEntry,
    entries.PurchaseEntry,
    entries.EraseEntry,
    entries.ParkedEntry,
    entries.EraseMarker,
    entries.Vote,
    entries.Sealed,
    entries.Body,
    entries.VoidChunk,
    Ledger,
    Header,
    AtRisk,
)
_CODES: Final = (
    (quantities, "NEW REACTIVATED CHURNED ERASED GONE DELTA_MS COST WITH_COST LIFE_WIDTH"),
    (quantities, "ORDERS ORDERS_BASE REFUNDS_BASE REVENUE LEFT_OUT BUYERS REPEAT ENGAGED PAIRS"),
    (quantities, "NPS LATEST CSAT5 CSAT10 CES CSAT3 CSAT4 CSAT7 CES5 SURVEYS_WIDTH"),
    (quantities, "LIFE_FAMILY ORDERS_FAMILY SURVEYS_FAMILY"),
    (entries, "FORM_NPS FORM_CSAT5 FORM_CSAT10 FORM_CES FORM_CSAT3 FORM_CSAT4 FORM_CSAT7 FORM_CES5"),
    (history, "PURCHASES SETTLED_PURCHASES ANSWERS SETTLED_ANSWERS SIGNUPS CANCELLATIONS"),
    (voided, "VOIDS"),
    (life, "NEVER ACTIVE LEFT"),
    (customer, "STANDING PLAIN_LIFE HAS_VOIDS HAS_SEALED ERASED"),
)

_PURCHASES: Final = (
    entries.PurchaseEntry(5, bytes(DIGEST_SIZE), 7, base=True),
    entries.PurchaseEntry(6, bytes(DIGEST_SIZE), -7, base=False),
)
_KEYS: Final = (
    group_key(1),
    parking.parked_key(b"k", 2, 3),
    pieces.piece_key(4, b"k"),
    malformed_slots.day_key(5),
)
_BUYERS: Final = (700, 0, 0)


def layout(further: Iterable[type] = ()) -> list[str]:
    """The layout in words, a line for each structure.

    Args:
        further: structures that the caller keeps beside those of the core.
    """
    lines = [describe(struct) for struct in (*_STRUCTS, *further)]
    for module, names in _CODES:
        lines += [f"{name} = {getattr(module, name)}" for name in names.split()]
    lines += [f"key {form!r}: {what}" for form, what in FORMS.items()]
    return [
        *lines,
        f"digest: {DIGEST_SIZE} bytes",
        f"header of a record: {_text(customer.HEADER.format)}",
        f"purchase: {_text(entries.PURCHASE.format)}",
        f"purchases: {' '.join(entries.pack_purchase(each).hex() for each in _PURCHASES)}",
        f"sealed codes: {[sealing.code_of(family, q) for family in (0, 1, 2) for q in (0, 63, 64, 200)]}",
        f"piece: {pieces.PIECE} bytes",
        f"keys: {' '.join(key.hex() for key in _KEYS)}",
        f"dimensions: {' '.join((*DEFAULT_DIMENSIONS, *EVENT_DIMENSIONS))}",
        f"gauges: {' '.join(totals.GAUGES)}",
        f"flows: {' '.join(totals.FLOWS)}",
        f"counts for alarms: {' '.join(QUANTITIES)}",
        f"lateness: {totals.LATENESS_MS}",
        f"buckets: ratio {buckets.RATIO}, of buyers of {_BUYERS}: {_buckets().hex()}",
    ]


def fingerprint(lines: Iterable[str]) -> str:
    """Sixteen hex digits of a layout."""
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def describe(struct: type) -> str:
    """A structure with its fields in order, their types, and how it is packed."""
    fields = ", ".join(f"{name}: {_type(kind)}" for name, kind in get_type_hints(struct).items())
    config = getattr(struct, "__struct_config__", None)
    form = ""
    if isinstance(config, msgspec.structs.StructConfig):
        tag = "" if config.tag is None else f", tag {config.tag}"
        form = f" [{'array' if config.array_like else 'map'}{tag}]"
    return f"{struct.__name__}{form}: {fields}"


def _buckets() -> bytes:
    row: buckets.Buckets = {}
    former: buckets.Buckets = {}
    for amount in _BUYERS:
        buckets.put(row, amount)
        revenue_kept.put_kept(former, amount, -7)
    return buckets.pack([row, former])


def _type(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")


def _text(written: object) -> str:
    return written.decode() if isinstance(written, bytes) else str(written)
