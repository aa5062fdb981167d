"""The ways in which an event changes a customer, the first that fits: from in-order purchases to anything.

A customer and an entry come in; record, panes and timers are changed. A law holds every path to
``general``.

Never: decides whether an event counts (``intake`` did).
"""
