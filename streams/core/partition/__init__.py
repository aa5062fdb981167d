"""One partition of customers: records and instants come in, totals and changed records go out.

``state`` is the door. ``intake`` gives every record its class (counted, duplicate, erased, parked,
malformed) and hands it to a path (``paths``), which changes the customer in ``store``; ``sweep`` looks at
all customers now and then. ``parking`` keeps what is dated ahead of the clock, ``erasure`` forgets a
person.

Never: counts a record twice, or depends on the order of arrival.
"""
