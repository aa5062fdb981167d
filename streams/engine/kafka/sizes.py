"""How large what we read and write may be; brokers, topics and producers are told the same.

Kafka counts a record with its key, value and headers, as it stands in a batch.
"""

BATCH_BYTES = 900_000
"""Size of a record batch we write; a greater record gets a batch of its own."""
RECORD_BYTES = 8 * 1024 * 1024
"""Greatest record of our own topics; the core keeps far below."""
COPY_BYTES = 64 << 20
"""Greatest record that is copied as it is; it may have come compressed, and small."""
SOURCE_MAX_BYTES = 1_048_588
"""Kafka's default ``max.message.bytes``: what a source record may measure."""
EXTRA_BYTES = 64 * 1024
"""By how much more than the sources the dead-letter topic and its producer allow."""
