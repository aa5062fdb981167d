"""What is shown: the totals of partitions come in; Prometheus, Redis, HTTP and the board get one snapshot.

``publisher`` ticks; ``merge`` adds totals of one instant; each sink (``sink``) shows the snapshot in its
form.

Never: computes a number of its own, or shows one without its status and age.
"""
