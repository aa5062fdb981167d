"""One customer: a record of what is known, and what follows from it as of an instant.

Entries come in, ``derive(record, t)`` gives standing, transitions, cells and the next instant at which that
changes by itself: a pure function. ``record`` is the form at rest, ``life`` the rules of coming and going.

Never: knows other customers, panes or totals.
"""
