"""Single values: exact integers come in, a number with n, interval and status goes out.

``build`` divides; ``statistics`` has the intervals.

Never: knows which KPI of which group it is making.
"""
