"""The JSON bodies of the six kinds, written by hand.

Texts in them are plain and need no escaping, but for values of attributes, which a definition may list. The
sources disagree in form as real ones do: the shop and the CRM write RFC 3339, the survey tool milliseconds;
amounts are numbers in the shop and strings at the till.
"""

from datetime import UTC, datetime, timedelta

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZERO_DECIMALS = "JPY"
_TILL_EVERY = 16
_encode = msgspec.json.Encoder().encode


def rfc3339(ms: int) -> str:
    """An instant as ``2026-04-15T00:00:00.123Z``."""
    return f"{(_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec='milliseconds')[:-6]}Z"


def decimal(minor: int, currency: str = "USD") -> str:
    """An amount in minor units as decimal text in major ones."""
    if currency == _ZERO_DECIMALS:
        return str(minor)
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def signup(
    event_id: str, customer: str, at: int, attributes: dict[str, str], cost: int | None, *, trial: bool
) -> str:
    """A signup as the CRM writes it; absent attributes are left out."""
    fields = "".join(f',"{name}":{_quoted(value)}' for name, value in attributes.items())
    if cost is not None:
        fields += f',"acquisition_cost":{decimal(cost)}'
    if trial:
        fields += ',"trial":true'
    return f'{_envelope(event_id, "crm", customer)},"occurred_at":"{rfc3339(at)}"{fields}}}'


def purchase(event_id: str, customer: str, at: int, amount: int, currency: str) -> str:
    """A purchase or, with a negative amount, a refund; every 16th comes from the till."""
    text = decimal(amount, currency)
    if not at % _TILL_EVERY:
        money = f'"amount":"{text}","currency":"{currency}"'
        return f'{_envelope(event_id, "shop", customer)},"occurred_at":{at},{money}}}'
    return (
        f'{{"event_id":"{event_id}","source":"shop","customer_id":"{customer}",'
        f'"occurred_at":"{rfc3339(at)}","amount":{text},"currency":"{currency}","items":{1 + at % 5}}}'
    )


def cancellation(
    event_id: str, customer: str, at: int, *, effective_at: int | None, reason: str, churn_type: str
) -> str:
    """A cancellation, at once or at ``effective_at``."""
    fields = f',"churn_type":"{churn_type}","reason":"{reason}"'
    if effective_at is not None:
        fields += f',"effective_at":"{rfc3339(effective_at)}"'
    return f'{_envelope(event_id, "crm", customer)},"occurred_at":"{rfc3339(at)}"{fields}}}'


def survey(
    event_id: str,
    customer: str,
    at: int,
    *,
    kind: str,
    score: int,
    scale: int,
    touchpoint: str,
    comment: str = "",
) -> str:
    """A survey answer; the scale is named where it is not the usual one."""
    fields = f',"survey":"{kind}","score":{score},"touchpoint":"{touchpoint}"'
    if kind == "csat" or (kind, scale) == ("ces", 5):
        fields += f',"scale_max":{scale}'
    if comment:
        fields += f',"comment":"{comment}"'
    return f'{_envelope(event_id, "pulse", customer)},"occurred_at":{at}{fields}}}'


def void(event_id: str, customer: str, at: int, target: str, target_source: str) -> str:
    """The withdrawal of an earlier event by the back office."""
    return (
        f'{_envelope(event_id, "office", customer)},"occurred_at":"{rfc3339(at)}",'
        f'"voids_event_id":"{target}","voids_source":"{target_source}"}}'
    )


def erase(event_id: str, customer: str, at: int) -> str:
    """A request for erasure."""
    return f'{_envelope(event_id, "office", customer)},"occurred_at":"{rfc3339(at)}"}}'


def _envelope(event_id: str, source: str, customer: str) -> str:
    return f'{{"event_id":"{event_id}","source":"{source}","customer_id":"{customer}"'


def _quoted(text: str) -> str:
    return _encode(text).decode()
