"""Alarms with a guarantee on false pages: what a stream's counts say against its own past.

Counts and exposures by five minutes and by day come in, evidence, threshold and what explains them go out.
Every function is pure; the method and its proof stand in docs/alarms.md.

Never: keeps anything, knows which customers or KPIs a stream is made of, decides who is told.
"""
