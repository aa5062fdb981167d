"""The demo: Kafka, Valkey, two workers and a simulated business on this machine, and a check of it all.

Nothing here draws: the command line does (streams/cli/commands/demo.py).
"""
