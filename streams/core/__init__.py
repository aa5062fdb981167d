"""What numbers are: events and instants come in, exact totals and KPIs go out.

The way of a batch, downwards: ``decoding`` makes events of bytes; ``partition`` takes each in, once, and
lets a path change the customer's record; ``counting`` keeps what the customer contributes, by window;
``totals`` is what a partition says of an instant; ``kpi`` adds totals and divides. ``customer`` is what one
customer is at an instant, ``definition`` every choice that changes a number.

Never: reads a clock, draws, waits, logs, or talks to anyone. Replay, live service and tests drive the same
code.
"""
