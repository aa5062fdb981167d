"""Alarms over simulated years: false pages and what is found; ``make alarms``."""
