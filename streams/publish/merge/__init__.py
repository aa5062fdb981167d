"""Totals of partitions come in as they arrive; merged totals of one and the same instant go out.

Never: adds totals of two instants, or says that a partition is there which has fallen silent.
"""
