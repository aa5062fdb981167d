"""A genuine Apicurio, fetched with Maven (142 MB): ``python -m tests.registry.apicurio``.

Too large for every test run; tests/registry/server.py speaks the same API there. Ends with an error where
something differs.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from streams.core.definition.definition import Definition
from streams.embedded import free_port
from streams.mapping import Foreign, Mapper, Outcome, parse_mapping
from streams.registry.client import RegistryClient
from streams.registry.formats import formats
from streams.registry.schemas import Schemas
from tests.registry.framing import AVRO, avro, framed, proto_classes, proto_file
from tests.registry.test_formats import MAPPING, NOW, ORDER, PROTOBUF, members, plain
from tests.support.eventually import eventually, eventually_async

VERSION = "2.6.13.Final"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
JSON_SCHEMA = '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}'
PROTO = 'syntax = "proto3"; message Order { int64 id = 1; string customer = 2; int64 cents = 3; }'


def fetched(folder: Path) -> Path:
    """The runner's jar."""
    maven = shutil.which("mvn") or sys.exit("mvn is needed")
    get = [maven, "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    subprocess.run(get, check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    (jar,) = folder.glob("*-runner.jar")
    return jar


def registered(url: str, subject: str, schema: str, kind: str = "AVRO", *references: str) -> int:
    """The id of a schema that the registry has now."""
    named = [{"name": name, "subject": name, "version": 1} for name in references]
    document = {"schema": schema, "schemaType": kind, "references": named}
    headers = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    request = Request(f"{url}/subjects/{subject}/versions", json.dumps(document).encode(), headers)  # noqa: S310 - ours
    with urlopen(request) as answer:  # noqa: S310 - ours
        return int(json.load(answer)["id"])


def ready(url: str) -> bool:
    """Whether it answers."""
    try:
        with urlopen(f"{url}/subjects"):  # noqa: S310 - ours
            return True
    except (HTTPError, URLError):
        return False


async def mapped(url: str, text: str, value: bytes) -> Outcome:
    """What becomes of a record."""
    mapping = parse_mapping(text, "m.toml")
    schemas = Schemas(RegistryClient(url), mapping.sources)
    mapper = Mapper(mapping, Definition(), formats(schemas))
    missing = schemas.missing("shop.orders", value)
    assert missing is not None
    await asyncio.wait_for(schemas.load(missing), 30)
    outcome = mapper.one(Foreign("shop.orders", None, value, NOW))
    await schemas.close()
    return outcome


async def refused(url: str, text: str, value: bytes) -> str:
    """The trouble that a record waits for."""
    schemas = Schemas(RegistryClient(url), parse_mapping(text, "m.toml").sources)
    missing = schemas.missing("shop.orders", value)
    assert missing is not None
    loading = asyncio.create_task(schemas.load(missing))

    async def told() -> bool:
        return schemas.trouble is not None

    await eventually_async(told, within=10)
    loading.cancel()
    await schemas.close()
    return schemas.trouble or ""


async def checked(url: str) -> None:
    """Avro, Avro that refers, JSON Schema and Protobuf."""
    expected = members(plain(ORDER))
    by_avro = MAPPING.replace("FORMAT", "avro")
    number = registered(url, "plain", json.dumps(AVRO))
    assert members(await mapped(url, by_avro, avro(number, ORDER))) == expected
    customer = {"type": "record", "name": "Customer", "fields": [{"name": "id", "type": "string"}]}
    registered(url, "Customer", json.dumps(customer))
    fields: list[dict[str, Any]] = [
        one | {"type": "Customer"} if one["name"] == "customer" else one for one in AVRO["fields"]
    ]
    number = registered(url, "refers", json.dumps(AVRO | {"fields": fields}), "AVRO", "Customer")
    assert members(await mapped(url, by_avro, avro(number, ORDER))) == expected
    number = registered(url, "json", JSON_SCHEMA, "JSON")
    value = framed(number, json.dumps(ORDER, default=float).encode())
    assert members(await mapped(url, MAPPING.replace("FORMAT", "json-schema"), value)) == expected
    number = registered(url, "proto", PROTO, "PROTOBUF")
    order, _ = proto_classes(proto_file())
    record = framed(number, b"\x00" + order(id=17, customer="c-7", cents=1250).SerializeToString())
    assert "gives Protobuf's .proto text alone" in await refused(url, PROTOBUF, record)


def main() -> None:
    """Start it, check, end it."""
    with tempfile.TemporaryDirectory() as folder:
        jar, port = fetched(Path(folder)), free_port()
        options = [f"-Dquarkus.http.port={port}", "-Dquarkus.http.host=127.0.0.1"]
        java = shutil.which("java") or sys.exit("java is needed")
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen([java, *options, "-jar", str(jar)], stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
            eventually(lambda: ready(url), within=60)
            asyncio.run(checked(url))
        finally:
            server.terminate()
            server.wait()
    sys.stdout.write(
        f"Apicurio {VERSION}: Avro, references, JSON Schema as from plain JSON; Protobuf is told\n"
    )


if __name__ == "__main__":
    main()
