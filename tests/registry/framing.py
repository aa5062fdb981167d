"""Records as their producers frame them, and the descriptors of a Protobuf message without a compiler."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import fastavro
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

AVRO: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "long"},
        {
            "name": "customer",
            "type": {"type": "record", "name": "Customer", "fields": [{"name": "id", "type": "string"}]},
        },
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "currency", "type": ["null", "string"], "default": None},
    ],
}
"""An order."""


def framed(schema_id: int, payload: bytes) -> bytes:
    """The wire format."""
    return b"\x00" + schema_id.to_bytes(4, "big") + payload


def avro(schema_id: int, record: dict[str, Any], schema: dict[str, Any] = AVRO) -> bytes:
    """A record in Avro."""
    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
    return framed(schema_id, out.getvalue())


def proto_file(*, package: str = "shop", imports: bool = True) -> descriptor_pb2.FileDescriptorProto:
    """A file with an order, whose second message stands within the first one."""
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package=package, syntax="proto3")
    if imports:
        file.dependency.append("google/protobuf/timestamp.proto")
    order = file.message_type.add(name="Order")
    kind = descriptor_pb2.FieldDescriptorProto
    for number, (name, sort) in enumerate(
        (("id", kind.TYPE_INT64), ("customer", kind.TYPE_STRING), ("cents", kind.TYPE_INT32)), 1
    ):
        order.field.add(name=name, number=number, type=sort, label=kind.LABEL_OPTIONAL)
    order.field.add(
        name="placed",
        number=4,
        type=kind.TYPE_MESSAGE,
        type_name=".google.protobuf.Timestamp",
        label=kind.LABEL_OPTIONAL,
    )
    answer = order.nested_type.add(name="Answer")
    for number, (name, sort) in enumerate(
        (("customer", kind.TYPE_STRING), ("score", kind.TYPE_INT32), ("at", kind.TYPE_INT64)), 1
    ):
        answer.field.add(name=name, number=number, type=sort, label=kind.LABEL_OPTIONAL)
    return file


def serialized(file: descriptor_pb2.FileDescriptorProto) -> str:
    """As a registry gives it."""
    return b64encode(file.SerializeToString()).decode()


def proto_classes(file: descriptor_pb2.FileDescriptorProto) -> tuple[Any, Any]:
    """The classes of order and answer."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    order = pool.FindMessageTypeByName(f"{file.package}.Order")
    return (
        message_factory.GetMessageClass(order),
        message_factory.GetMessageClass(order.nested_types_by_name["Answer"]),
    )
