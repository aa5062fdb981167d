"""Records whose schema a registry keeps: Avro, JSON Schema and Protobuf in Confluent's wire format.

``client`` asks the registry, ``schemas`` keeps what it said, ``avro`` and ``protobuf`` make decoders of it,
``formats`` give a mapping the values at its paths. Avro and Protobuf need the
extra ``registry``.

Never: takes a registry that does not answer for one that knows nothing.
"""
