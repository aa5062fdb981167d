"""Opening balances: a company's customers of today as the events that made them, so that counts start true.

A row becomes a signup dated ``since`` and, where the last purchase is known, a purchase dated then. The ids
are the same for the same customer, whatever the file: a second sending, of this file or of a newer one, is a
repeat and changes nothing.
"""

from streams.opening.rows import read_csv, read_jsonl
from streams.opening.turning import OpeningError, Row, columns_of, events_of

__all__ = ["OpeningError", "Row", "columns_of", "events_of", "read_csv", "read_jsonl"]
