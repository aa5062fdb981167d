"""Looking at a deployment from outside: what its workers do, and whether all it needs is as it should be.

Rules: nothing is changed, no group is joined, nothing is committed, no topic is made. Each area is a file
whose functions look and return findings; ``checks.py`` is the one list of them, and makes them.
"""
