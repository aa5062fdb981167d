"""/metrics: a snapshot and what the process says of itself come in, text for Prometheus goes out.

``metrics`` is the catalogue: no other metric can be shown.

Never: makes a label of what a customer, a file or a broker named, but dimension values.
"""
