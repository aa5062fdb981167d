"""Every choice that changes a number: windows, formulas, currencies, limits, which texts are names.

A ``Definition`` comes from whoever starts us, and goes to all other rooms; it never changes while we run.

Never: reads a file (streams/definitions does).
"""
