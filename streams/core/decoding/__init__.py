"""Bytes to events: a record's value comes in, an event or the reason why it is none goes out.

``decoder`` is the door; ``fast`` takes what producers usually send, ``strict`` everything else and tells
what is wrong with it; both read the same ``fields``.

Never: knows a customer, a partition or the clock of one.
"""
