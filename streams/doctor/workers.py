"""Who is at work, and how their clocks and ours go."""

from redis.exceptions import NoPermissionError

from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, fail, ok, skipped, warn
from streams.doctor.partitions import NOBODY, look_by
from streams.engine.topics.group import STABLE

_WARN_MS = 1_000
_FAIL_MS = 5_000
_CURE = "correct the clocks: chronyc tracking, or timedatectl, on every host"


async def workers(case: Case) -> list[Finding]:
    """How many there are, and partitions that nobody has."""
    settings = case.settings
    case.need(settings.topic_totals)
    case.now = now = await look_by(case.admin, settings, case.client, case.clock)
    members = len(now.group.members)
    if not members:
        return [warn(f"none is in group {settings.app_id}: nothing is counted", "kpi worker")]
    some = "1 worker" if members == 1 else f"{members} workers"
    if now.group.state != STABLE:
        return [
            warn(
                f"{some}, dividing the partitions among them just now",
                "look again in some seconds: kpi status",
            )
        ]
    free = [str(part.partition) for part in now.partitions if part.owner == NOBODY]
    if free:
        return [
            fail(
                f"{some}, and nobody has partitions {', '.join(free)}",
                "look at the workers' logs; compare their KPI_TOPIC_... and KPI_APP_ID",
            )
        ]
    if now.mixed:
        return [
            fail(
                f"{some}, counting under different definitions",
                "give all of them the same KPI_DEFINITION_FILE",
            )
        ]
    sick = [str(part.partition) for part in now.partitions if not part.healthy]
    if sick:
        return [warn(f"{some}; partitions {', '.join(sick)} are not live, or not fresh", "kpi status")]
    return [
        ok(f"{some} {'has' if members == 1 else 'have'} all {settings.partitions} partitions, live and fresh")
    ]


async def clock_of_redis(case: Case) -> list[Finding]:
    """The clock here against the one of Redis."""
    client = case.redis
    before = case.clock()
    try:
        seconds, micros = await client.time()
    except NoPermissionError:
        return [skipped("this user may not ask for TIME: kpi acls doctor prints the right")]
    after = case.clock()
    theirs = seconds * 1_000 + micros // 1_000
    ahead = max(before - theirs, theirs - after, 0)
    side = "behind" if theirs > after else "ahead of"
    return [_judged(ahead, f"this machine's clock is {ahead / 1_000:.1f} s {side} that of Redis")]


async def clock_of_workers(case: Case) -> list[Finding]:
    """What workers wrote cannot be of the future, unless clocks differ."""
    if case.now is None:
        raise SkippedError("what the workers wrote is not known")
    ages = [
        age for part in case.now.partitions for age in (part.t_age_ms, part.commit_age_ms) if age is not None
    ]
    if not ages:
        raise SkippedError("there are no totals yet")
    ahead = max(0, -min(ages))
    return [
        _judged(ahead, f"the newest totals are {ahead / 1_000:.1f} s in the future of this machine's clock")
    ]


def _judged(off_ms: int, says: str) -> Finding:
    if off_ms > _FAIL_MS:
        return fail(f"{says}: values of a tick never come together, or are dated wrong", _CURE)
    if off_ms > _WARN_MS:
        return warn(says, _CURE)
    return ok("no difference of more than a second is to be seen")
