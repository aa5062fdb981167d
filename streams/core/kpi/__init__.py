"""Totals to KPIs: merged totals of one instant come in, values with n, interval and status go out.

``build`` makes a snapshot's numbers, ``formulas`` divides: the only place that does.

Never: sees an event or changes a total.
"""
