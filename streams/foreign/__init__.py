"""Foreign topics to ours: what ``kpi ingest`` does.

Records of foreign topics become events by a mapping (streams/mapping), and go to the source topics under
their customer's key, in the partition that the deployment's partitioner finds. Of each foreign partition
events, dead letters and the group's offset are one Kafka transaction.

Never: keeps a state, counts anything of a customer, or drops a record without an outcome.
"""
