"""The text of schemas/asyncapi.yaml: the topics that others read or write, by topics.yaml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SCHEMAS = Path(__file__).parents[2] / "schemas"
PAGE = SCHEMAS / "asyncapi.yaml"

_WIDTH = 110
_HEAD = """\
# The service as others see it in Kafka: made from topics.yaml by `python -m deploy.asyncapi`; do not edit.
# Keys and retention are told there in words; the schemas hold for both.
"""
_BINDING = {"bindingVersion": "0.5.0"}
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_KEY = {"type": "string", "minLength": 1, "maxLength": 128}
Tree = dict[str, Any]


def page() -> str:
    """The document as YAML."""
    topics: Mapping[str, Mapping[str, Tree]] = yaml.safe_load((SCHEMAS / "topics.yaml").read_text("utf-8"))
    told = [(role, topic, True) for role, topic in topics["sources"].items()]
    told += [(role, topic, False) for role, topic in topics["own"].items() if "schema" in topic]
    count = len(topics["sources"])
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "kpi-streams",
            "version": "1",
            "description": f"Takes customer events from {count} topics and keeps customer KPIs: churn, "
            "acquisition, retention, loyalty, NPS, CSAT and value. What the numbers mean stands in "
            "docs/contract.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {role: _channel(role, topic) for role, topic, _ in told},
        "operations": dict(_operation(role, source=source) for role, _, source in told),
        "components": {"messages": {role: _message(topic, source=source) for role, topic, source in told}},
    }
    return _HEAD + yaml.dump(document, Dumper=_Whole, sort_keys=False, width=_WIDTH, allow_unicode=True)


def _channel(role: str, topic: Tree) -> Tree:
    kept = {"cleanup.policy": [topic["cleanup_policy"]], "retention.ms": topic["retention_ms"]}
    return {
        "address": topic["name"],
        "messages": {role: {"$ref": f"#/components/messages/{role}"}},
        "bindings": {"kafka": {"partitions": topic["partitions"], "topicConfiguration": kept, **_BINDING}},
    }


def _operation(role: str, *, source: bool) -> tuple[str, Tree]:
    action = "receive" if source else "send"
    return f"{action}_{role}", {"action": action, "channel": {"$ref": f"#/channels/{role}"}}


def _message(topic: Tree, *, source: bool) -> Tree:
    file: Tree = json.loads((SCHEMAS / topic["schema"]).read_text("utf-8"))
    told = {name: file[name] for name in ("title", "description")}
    schema = {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": topic["schema"]}}
    if not source:
        return {**told, "contentType": "application/octet-stream", "headers": schema}
    key = {"description": topic["key"], **_KEY}
    return {**told, "bindings": {"kafka": {"key": key, **_BINDING}}, "payload": schema}


class _Whole(yaml.SafeDumper):
    """Writes everything out: other tools need not know anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Never an alias."""
        del data
        return True
