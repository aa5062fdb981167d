"""The partitions that this worker owns: acquired, fed, flushed, given up.

Batches come in from ``transport``; changelog, totals, offsets and dead letters go out in one transaction a
flush. ``assignment`` holds all of them, ``owned_partition`` is one, ``task`` what is done with it.

Never: writes what another owner may write, or goes on after a flush whose end is not known.
"""
