"""Publishing: the totals of partitions become the snapshot, the snapshot is shown by every sink."""
