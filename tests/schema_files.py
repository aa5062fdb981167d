"""The files under schemas/ as the tests see them: topics, schemas, examples."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry, Resource

from streams.core.events import KINDS

SCHEMAS = Path(__file__).parent.parent / "schemas"
EXAMPLES = SCHEMAS / "examples"
SNAPSHOT = SCHEMAS / "kpi-snapshot-1.schema.json"
FILES = sorted(SCHEMAS.rglob("*.schema.json"))
KEY, TIMESTAMP = b"c-1001", 1_772_366_400_000
"""What every example's record carries beside its value."""

TOPICS: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load((SCHEMAS / "topics.yaml").read_text())
ALL_TOPICS = TOPICS["sources"] | TOPICS["own"]
WITH_SCHEMA = {role: topic for role, topic in ALL_TOPICS.items() if "schema" in topic}


def examples(pattern: str) -> list[Any]:
    """The example files of all topics, each with its role, named for the report."""
    return [
        pytest.param(role, path, id=str(path.relative_to(EXAMPLES)))
        for role, topic in WITH_SCHEMA.items()
        for path in sorted((EXAMPLES / topic["examples"]).glob(pattern))
    ]


def source_examples(pattern: str) -> list[Any]:
    """Those of the source topics: the role is the kind."""
    return [example for example in examples(pattern) if example.values[0] in KINDS]


@cache
def validator(path: Path) -> Validator:
    """A schema that finds the others beside it."""
    contents = ((file.as_uri(), Resource.from_contents(json.loads(file.read_text()))) for file in FILES)
    registry: Registry[Any] = Registry().with_resources(contents)
    return Draft202012Validator({"$ref": path.as_uri()}, registry=registry)


def fits(role: str, value: object) -> bool:
    """Whether the schema of a topic takes a value."""
    checked: Any = value
    return validator(SCHEMAS / ALL_TOPICS[role]["schema"]).is_valid(checked)
