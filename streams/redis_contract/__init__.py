"""What writer and readers of Redis agree on: keys, addresses, connections, and what failures are called.

Never: imports the engine, or anything that readers need not install.
"""
