"""What goes into Kafka by our own hand: files of events, and the customers there are already.

Rows of customers come in (``customer_rows``), become the events that made them (``opening_balance``) and go
to the source topics (``sender``). A row becomes a signup dated ``since`` and, where the last purchase is
known, a purchase dated then. The ids are the same for the same customer, whatever the file: a second sending,
of this file or of a newer one, is a repeat and changes nothing.

Never: counts, or judges an event; that is the decoder's.
"""
