"""What partitions say to publishers: totals as records, and reading them back.

Totals of an instant come in, compacted records go out; the reader tells each flush whole, or not at all.

Never: tells anything of a transaction that is not committed, or of another layout.
"""
