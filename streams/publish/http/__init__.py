"""The page of a worker: requests come in, /metrics, /api, probes and the board go out.

Never: holds a connection without a limit, or answers under a name that is not its own.
"""
