"""A decoder of Protobuf records, made of the serialized descriptors that a registry gives.

Values are those of Protobuf's own JSON form, under the names of the .proto file: a Timestamp is a text of
RFC 3339, 64-bit numbers stand in quotes, a field without presence has its default. Needs protobuf.
"""

from base64 import b64decode
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from streams.registry.client import Schema

_KNOWN: Final = ("any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers")
"""Files of Protobuf's own, which registries do not give."""
_FILE: Final = "record.proto"
_MOST_DEEP: Final = 100


def decoder(schema: Schema) -> Callable[[bytes], Any]:
    """Makes Python's values of a record's bytes, in front of which stands which message of the file it is.

    Raises:
        Exception: of protobuf's own, for descriptors that are none.
    """
    descriptors = import_module("google.protobuf.descriptor_pb2")
    pools = import_module("google.protobuf.descriptor_pool")
    factory = import_module("google.protobuf.message_factory")
    to_dict = import_module("google.protobuf.json_format").MessageToDict
    pool = pools.DescriptorPool()
    for name in _KNOWN:
        module = import_module(f"google.protobuf.{name}_pb2")
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for name, text in (*schema.references, (_FILE, schema.text)):
        file = descriptors.FileDescriptorProto.FromString(b64decode(text, validate=True))
        file.name = name
        pool.Add(file)
    top = pool.FindFileByName(_FILE)
    classes: dict[tuple[int, ...], Any] = {}

    def decode(payload: bytes) -> Any:  # noqa: ANN401 - a record
        path, at = _path(payload)
        made = classes.get(path)
        if made is None:
            made = classes[path] = factory.GetMessageClass(_message(top, path))
        message = made.FromString(payload[at:])
        return to_dict(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            descriptor_pool=pool,
        )

    return decode


def _message(top: Any, path: tuple[int, ...]) -> Any:  # noqa: ANN401 - descriptors
    """The message that indexes name: the first among those of the file, each further one within it."""
    first, *rest = path
    found = list(top.message_types_by_name.values())[first]
    for index in rest:
        found = found.nested_types[index]
    return found


def _path(payload: bytes) -> tuple[tuple[int, ...], int]:
    """The indexes in front of a record, and where it begins; a single zero stands for the first message."""
    count, at = _varint(payload, 0)
    if not count:
        return (0,), at
    if not 0 < count <= _MOST_DEEP:
        raise ValueError("no message is named")
    path = []
    for _ in range(count):
        index, at = _varint(payload, at)
        if index < 0:
            raise ValueError("no message is named")
        path.append(index)
    return tuple(path), at


def _varint(payload: bytes, at: int) -> tuple[int, int]:
    """A zigzag number of at most five bytes, and what is behind it."""
    value = shift = 0
    for end in range(at, min(at + 5, len(payload))):
        value |= (payload[end] & 0x7F) << shift
        shift += 7
        if payload[end] < 0x80:  # noqa: PLR2004 - the last byte of a varint
            return (value >> 1) ^ -(value & 1), end + 1
    raise ValueError("no message is named")
