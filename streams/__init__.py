"""kpi-streams: customer KPIs while they happen.

The rooms, and who may import whom: tests/test_architecture.py.
"""
