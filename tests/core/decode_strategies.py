"""Records that are almost events: what hypothesis draws for the laws of decoding and of the schemas."""

import json

import msgspec
from hypothesis import strategies as st

from streams.core.events import KINDS, Kind

NOW = 1_772_366_400_000

odd = st.sampled_from(
    [
        *(
            '""',
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.0",
            "1e2",
            "[]",
            "{}",
            '[["a"]]',
            '{"a":{}}',
            '"\\u0041"',
        ),
        *('"' + "ä" * length + '"' for length in (128, 129, 256, 257)),
        *(
            '"\\ud83d\\ude00"',
            '"\\ud83d"',
            '"\\ude00\\ud83d"',
            '"\\\\ud83d"',
            "9" * 5_000,
            "1e400",
            "NaN",
            "-Infinity",
        ),
        *(
            '"\x7f"',
            '"\x1f"',
            '"\\u0000"',
            '"\N{LINE SEPARATOR}"',
            "01",
            "+1",
            "1.",
            "--",
            "tru",
            "[" * 255 + "]" * 255,
        ),
        *("[" * 256 + "]" * 256, "[" * 300 + "]" * 299, '"' + "[" * 600 + '"', "[" + "[]," * 300 + "1]"),
    ]
)
identifiers = st.sampled_from(['"a"', '"b"', '"ab-7"', '"\\u0061"', '"é"', '"日本"', '"x y"', '"\\n"']) | odd
texts = st.sampled_from(['"smb"', '"pro"', '"web, ☂"', '""', "null"]) | odd
times = (
    st.sampled_from(
        [
            *(
                "2026-03-01T12:00:00Z",
                "2026-03-01T12:00:00.9996Z",
                "2026-03-01T14:04:59.9999999+02:00",
                "2026-02-29",
            ),
            *(
                "2026-03-01T12:05:00Z",
                "2026-03-01T12:05:00.001Z",
                "2026-03-01T12:05:00.0009Z",
                "2026-02-29T00:00:00Z",
            ),
            *(
                "1980-01-01T00:00:00Z",
                "1979-12-31T23:59:59.999Z",
                "9999-12-31T23:59:59-00:01",
                "0000-01-01T00:00:00Z",
            ),
            *(
                "2026-03-01t12:00:00Z",
                "2026-03-01 12:00:00Z",
                "2026-03-01T12:00:00",
                "2026-03-01T12:00:00+0530",
            ),
            *("2026-03-01T24:00:00Z", "2026-03-01T23:59:60Z", "2026-03-01T12:00:00z", "1772366400000"),
        ]
    ).map(json.dumps)
    | st.sampled_from(
        [NOW, NOW + 300_000, NOW + 300_001, 315_532_800_000, 315_532_799_999, 1_772_366_400]
    ).map(str)
    | st.sampled_from(
        ["253402300799999", "253402300800000", "1772366400000.0", "1.7723664e12", "-0", "9" * 30]
    )
    | odd
)
digits = st.text("0123456789", max_size=18)
amounts = (
    st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), digits, digits).map(json.dumps)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14).map(str)
    | st.integers(min_value=-(10**16), max_value=10**16).map(str)
    | st.sampled_from(
        ["1e12", "1E+99", "5e-1", "5e-100", "0e999", "1.5e-3", "2.5e-3", '"1e2"', '"\\u0031.5"', '" 1"']
    )
    | odd
)
small = st.integers(min_value=-1, max_value=11).map(str)
MEMBERS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "signup": {
        **dict.fromkeys(("plan", "segment", "channel", "region"), texts),
        "acquisition_cost": amounts,
        "trial": st.sampled_from(["true", "false", "null"]) | odd,
    },
    "purchase": {
        "amount": amounts,
        "currency": st.sampled_from(['"USD"', '"JPY"', '"KWD"', '"usd"', '"XXX"']) | odd,
    },
    "cancellation": {
        "effective_at": times,
        "reason": texts,
        "churn_type": st.sampled_from(['"voluntary"', '"involuntary"', '"other"']) | odd,
    },
    "survey": {
        "survey": st.sampled_from(['"nps"', '"csat"', '"ces"', '"NPS"']) | odd,
        "score": small | odd,
        "scale_max": st.sampled_from(["null", "5", "7", "10"]) | odd,
        "touchpoint": texts,
        "comment": texts,
    },
    "void": {"voids_event_id": identifiers, "voids_source": texts},
    "erase": {},
}
LIKELY = {
    "event_id": '"e1"',
    "customer_id": '"c1"',
    "occurred_at": '"2026-03-01T12:00:00.125Z"',
    "amount": '"12.345"',
    "currency": '"USD"',
    "survey": '"csat"',
    "score": "5",
    "voids_event_id": '"e0"',
}
"""Members that are there and right more often than not, so that one wrong member decides."""


@st.composite
def values(draw: st.DrawFn, kind: Kind) -> bytes:
    """A JSON object that is almost an event of the kind: few members wrong, some missing or repeated."""
    choices = {
        "event_id": identifiers,
        "source": texts,
        "customer_id": identifiers,
        "occurred_at": times,
        **MEMBERS[kind],
        "unknown": odd,
    }
    names = [name for name in LIKELY if name in choices]
    members = [f'"{name}":{LIKELY[name]}' for name in draw(st.permutations(names))]
    changed = draw(st.lists(st.sampled_from(sorted(choices)), max_size=4))
    for name in changed:
        member = f'"{name}" : {draw(choices[name])}'
        place = draw(st.integers(min_value=0, max_value=len(members)))
        if draw(st.booleans()):
            members = [old for old in members if not old.startswith(f'"{name}"')]
        members.insert(place, member)
    body = (",".join(members)).encode("utf-8", "surrogatepass")
    return (
        draw(
            st.sampled_from(
                [b"{%s}", b"{%s}", b"{%s}", b" {%s}\r\n", b"[{%s}]", b"{%s} x", b"\xef\xbb\xbf{%s}"]
            )
        )
        % body
    )


@st.composite
def mangled(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """The same with one byte replaced, put in or taken out."""
    value = draw(whole)
    place = draw(st.integers(min_value=0, max_value=len(value)))
    put = draw(
        st.sampled_from(
            [b"", b"\xff", b"\xc3", b"\xed\xa0\x80", b'"', b"\\", b"0", b"e", b"\x00", b"\n", b","]
        )
    )
    return value[:place] + put + value[place + draw(st.integers(min_value=0, max_value=1)) :]


class Plain(msgspec.Struct):
    """A Kafka record as far as decoding looks at it."""

    key: bytes | None
    value: bytes | None
    timestamp: int


@st.composite
def records(draw: st.DrawFn) -> tuple[Kind, Plain]:
    """A record of any kind."""
    kind = draw(st.sampled_from(KINDS))
    whole = values(kind)
    value = draw(whole | whole | mangled(whole))
    key = draw(st.sampled_from([None, None, b"c1", b"a", "é".encode(), b"", b"\xff"]))
    return kind, Plain(key, value, draw(st.sampled_from([NOW, NOW, NOW, NOW - 1, -1, 0, 2**62])))
