"""What only a look at every customer tells: revenue shares, who is at risk, which groups are in use.

The store comes in, in small steps; what was found goes out as of the instant at which the sweep began.

Never: changes a customer.
"""
