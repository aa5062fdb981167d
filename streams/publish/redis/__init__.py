"""Redis: a snapshot comes in, hashes and a document go out in one script, if the tenant is ours.

Never: writes beside another deployment of the same tenant, or waits for Redis in a tick.
"""
