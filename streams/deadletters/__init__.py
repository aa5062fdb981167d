"""The dead-letter topic for people: read, exported, sent again after a cure, deleted.

Here stands what needs no command line. Whatever is in the topic, also what others wrote, is read and never
believed: a record is one of ours by the headers of ``engine/deadletter.py``, or it is foreign.
"""

from typing import Final

TASK: Final = "dead-letters"
"""What the transactional id of a deletion ends with, behind KPI_APP_ID and a hyphen."""
