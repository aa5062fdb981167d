"""Whether Kafka can be reached, and whether its topics are there, go together, and lose nothing."""

from streams.doctor.case import Case
from streams.doctor.finding import Finding, fail, ok, warn
from streams.engine.kafka.client import Client
from streams.engine.topics.admin import present
from streams.engine.topics.configs import Fault, judge
from streams.engine.topics.topics import check_present, table


async def connection(case: Case) -> list[Finding]:
    """Connect, and ask who is there."""
    client = Client(case.settings)
    case.options = client.options
    admin = client.admin()
    try:
        await admin.start()
        described = await admin.describe_cluster()
    except BaseException:
        await admin.close()
        raise
    case.known_client, case.known_admin = client, admin
    case.cluster_id = str(described["cluster_id"])
    brokers = len(described["brokers"])
    some = "1 broker" if brokers == 1 else f"{brokers} brokers"
    return [ok(f"{some} at {', '.join(case.settings.brokers)}, cluster {case.cluster_id}")]


async def topics(case: Case) -> list[Finding]:
    """Whether all are there, with partitions that go together."""
    settings = case.settings
    specs = table(settings)
    case.there = await present(case.admin, [spec.name for spec in specs])
    missing = [spec.name for spec in specs if spec.name not in case.there]
    check_present(settings, case.there)
    if missing:
        return [fail(f"missing: {', '.join(missing)}", "kpi topics create")]
    return [ok(f"all {len(specs)} are there, each with {settings.partitions} partitions")]


async def topic_settings(case: Case) -> list[Finding]:
    """Whether settings of those that are there do harm."""
    faults = await judge(case.admin, case.settings, table(case.settings))
    return [_fault(fault) for fault in faults] or [ok("none of those that are there does harm")]


def _fault(fault: Fault) -> Finding:
    says = f"{fault.topic}: {fault.key}={fault.value}: {fault.why}"
    if fault.note:
        return warn(says, fault.cure or f"change {fault.key} of the topic, or live with it")
    if fault.cure:
        return fail(says, f"set {fault.key}={fault.cure}: kpi topics check --fix")
    return fail(says, f"change {fault.key} of the topic")
