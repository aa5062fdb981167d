"""The partitions that this worker owns: acquired, fed, flushed, given up.

Batches come in from ``transport``; changelog, totals, offsets and dead letters go out in one transaction a
flush. ``assignment`` holds all of them, ``owned_partition`` is one over its life, ``task`` what is counted
into it, ``task_state`` what a task asks of the core.

Never: writes what another owner may write, or goes on after a flush whose end is not known.
"""
