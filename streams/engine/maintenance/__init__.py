"""What is done to topics while no worker runs: rebuilding, repartitioning, leaving records out.

Commands come in, whole logs go through in bounded memory. Each can break off anywhere and be run again.

Never: runs beside a worker of the same group.
"""
