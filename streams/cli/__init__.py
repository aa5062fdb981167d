"""``kpi``: commands, their options, what they print and how they end.

``commands`` has a file for each command; what they share stands beside it.

Never: computes; a traceback reaches nobody.
"""
