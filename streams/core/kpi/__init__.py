"""Totals to KPIs: merged totals of one instant come in, values with n, interval and status go out.

``catalogue`` declares every KPI, ``values/build`` divides what is published of a KPI, ``snapshot`` is what is
published.

Never: sees an event or changes a total.
"""
