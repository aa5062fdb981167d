"""What customers contribute, by group and time: cells in panes, and windows as sums of few segments.

Changes of contributions come in, sums of every window as of an instant go out. Everything is an integer and
can be taken out again.

Never: knows which event caused a change, or divides.
"""
