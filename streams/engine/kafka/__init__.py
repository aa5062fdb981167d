"""How Kafka is spoken to: clients, fetched batches, metadata, security, and what failures are called.

Settings come in, clients go out; records come in as whole batches.

Never: knows a topic of ours by name, or keeps state.
"""
