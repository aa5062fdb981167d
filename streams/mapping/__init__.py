"""Foreign records to canonical events: a mapping and a record come in, events or a reason go out.

``toml_file`` reads what a person wrote, ``mapper`` does what it says, ``formats`` know how foreign bytes are
laid out; ``suggesting`` drafts a mapping from a sample. Only the fields that a mapping names are decoded, and
the decoder of canonical events judges every event before it goes out.

Never: reads a clock, a file (but the time zone database, when a mapping is read) or Kafka; guesses what a
record does not say; takes money through binary floating point; loses a record without an outcome.
"""

from streams.mapping.keys import MappingError
from streams.mapping.mapper import Mapper
from streams.mapping.outcomes import CanonicalEvent, Foreign, Ignored, Mapped, Outcome, Refused
from streams.mapping.specs import Mapping, Source
from streams.mapping.toml_file import parse_mapping

__all__ = [
    "CanonicalEvent",
    "Foreign",
    "Ignored",
    "Mapped",
    "Mapper",
    "Mapping",
    "MappingError",
    "Outcome",
    "Refused",
    "Source",
    "parse_mapping",
]
