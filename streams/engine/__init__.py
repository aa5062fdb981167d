"""One worker of a consumer group: batches come from Kafka by way of Faust, state and totals go back.

``app`` puts it together; ``transport`` takes fetched batches from Faust to ``ownership``, which keeps the
partitions of this worker and writes each in transactions; what it tells goes to ``totals_topic``.
``topics`` makes and watches the topics, ``maintenance`` is what commands do while nobody runs, ``kafka`` is
how Kafka is spoken to. ``exits`` are the codes with which all of it ends.

Never: knows what a number means, or shows one.
"""
