"""The customers of a partition: records, packed or open, timers, and what changed since a flush.

A digest comes in, a customer goes out; changed records go to the changelog.

Never: judges an event.
"""
