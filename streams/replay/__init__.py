"""Recounting: records from a file or from Kafka come in, the same numbers as live go out.

Never: asks a running service for anything.
"""
