"""What a KPI is: one declared object each, from which everything that mentions KPIs is made.

Counts of a group come in (``Ground``), a value goes out; words, unit, help and place go to snapshot,
Prometheus, Redis, explain, tables, board and documents. ``registry`` has them all, in the contract's order.

Never: keeps a value, or a list of KPIs beside the registry.
"""
