"""Whether Redis allows every command, on every key and the channel, that a process of this role needs.

A user with the rights of ``kpi acls`` may not ask about rights (ACL DRYRUN). A worker's may run scripts, and
in a script Redis tells what it would allow (``redis.acl_check_cmd``, since Redis 7). A reader's may not, but
all it does is reading: that is tried.

Never: writes a key, or sends to the channel.
"""

import json
import shlex
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, fail, ok
from streams.redis_contract.layout import NOW, Keys, Place
from streams.redis_contract.url import read_url
from streams.rights import Role, redis_keys, redis_rights

_SCRIPT: Final = """
if not redis.acl_check_cmd then return 'untold' end
local denied = {}
for i, words in ipairs(cjson.decode(ARGV[1])) do
  if not redis.acl_check_cmd(unpack(words)) then denied[#denied + 1] = i end
end
return denied
"""
_ANY_SCRIPT: Final = "0" * 40
_HEARD_S: Final = 1.0


class Call(NamedTuple):
    """A command as it is used."""

    command: str
    on: str = ""
    """The key, or the channel."""
    more: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """As Redis takes it."""
        return (self.command, *((self.on,) if self.on else ()), *self.more)


def of_a_writer(keys: Keys) -> Iterator[Call]:
    """What is done in the script that writes a snapshot, and by the board."""
    for key, calls in (
        (keys.version, (("hget", "t"), ("hmget", "t"), ("hset", "t", "1"))),
        (keys.hash(Place(NOW)), (("exists",), ("hset", "t", "1"))),
        (keys.index, (("smembers",), ("sadd", "x"))),
        (keys.at_risk, (("zcard",), ("zadd", "1", "x"))),
        (keys.snapshot, (("set", "x"),)),
        (keys.history, (("xrevrange", "+", "-"), ("xrange", "-", "+"), ("xadd", "*", "t", "1"))),
    ):
        for name, *more in (*calls, ("del",), ("expire", "1")):
            yield Call(name, key, tuple(more))
    yield Call("publish", keys.changes, ("x",))


def of_a_reader(keys: Keys) -> Iterator[Call]:
    """What KpiReader asks."""
    yield Call("multi")
    yield Call("exec")
    for key in (keys.version, keys.hash(Place(NOW))):
        yield Call("hget", key, ("t",))
        yield Call("hmget", key, ("t",))
    yield Call("hgetall", keys.hash(Place(NOW)))
    yield Call("zrevrange", keys.at_risk, ("0", "0"))
    yield Call("get", keys.snapshot)
    yield Call("smembers", keys.index)
    yield Call("subscribe", keys.changes)
    yield Call("unsubscribe", keys.changes)


async def rights(case: Case) -> list[Finding]:
    """Every right that the role needs and that is missing."""
    tenant = case.definition.tenant
    client, keys = case.redis, Keys(tenant)
    role: Role = "publisher" if case.settings.role == "publisher" else "worker"
    if case.as_reader:
        role, calls = "reader", list(of_a_reader(keys))
        denied = await _tried(client, calls)
    else:
        calls = list(of_a_writer(keys))
        denied = await _told(client, calls)
    if not denied:
        return [ok(f"a {role} may run all its commands on the keys and the channel of tenant {tenant}")]
    return [_missing(case, role, calls, denied)]


async def _told(client: Any, calls: list[Call]) -> list[Call]:  # noqa: ANN401 - redis-py's
    """Those that Redis would not allow, as it tells a script."""
    try:
        digest = await client.script_load(_SCRIPT)
    except NoPermissionError:
        return [Call("script|load"), *await _script_denied(client)]
    try:
        told = await client.evalsha(digest, 0, json.dumps([call.words for call in calls]))
    except NoPermissionError:
        return [Call("evalsha")]
    if told == "untold":
        raise SkippedError("this server does not tell rights, being older than Redis 7")
    return [calls[number - 1] for number in told]


async def _script_denied(client: Any) -> list[Call]:  # noqa: ANN401 - redis-py's
    try:
        await client.evalsha(_ANY_SCRIPT, 0)
    except NoPermissionError:
        return [Call("evalsha")]
    except NoScriptError:
        pass
    return []


async def _tried(client: Any, calls: list[Call]) -> list[Call]:  # noqa: ANN401 - redis-py's
    """Those that Redis did not allow."""
    denied = []
    async with client.client() as one, client.pubsub() as channel:
        for call in calls:
            try:
                if call.command.endswith("subscribe"):
                    await getattr(channel, call.command)(call.on)
                    await channel.get_message(timeout=_HEARD_S)
                else:
                    await one.execute_command(*call.words)
            except ResponseError as error:
                if isinstance(error, NoPermissionError) or "NOPERM" in str(error):
                    denied.append(call)
                elif call.command != "exec":  # alone it is refused, where multi was
                    raise
    return denied


def _missing(case: Case, role: Role, calls: list[Call], denied: list[Call]) -> Finding:
    """What is denied everywhere is told as a command, what is denied here and there as a key."""
    tenant, settings = case.definition.tenant, case.settings
    allowed = {call.command for call in calls if call not in denied}
    commands = sorted({call.command for call in denied} - allowed)
    keys = sorted({call.on for call in denied if call.command in allowed})
    changes = Keys(tenant).changes
    whole = not any(call.on and call.on != changes for call in calls if call not in denied)
    url = read_url(settings.redis_url)
    if whole and not {"evalsha", "script|load"} & set(commands):
        says = f"any command on the keys of tenant {tenant}"
        rules = redis_rights(role, tenant, settings.redis_url)
    else:
        parts = [f"the command{'s' * (len(commands) > 1)} {', '.join(commands)}"] if commands else []
        parts += [f"the key{'s' * (len(keys) > 1)} {', '.join(keys)}"] if keys else []
        says = " and ".join(parts)
        rules = [f"+{name}" for name in commands]
        if any(call.on and call.on != changes for call in denied):
            rules.append(redis_keys(role, tenant))
        if any(call.on == changes for call in denied):
            says += f", or the channel {changes}"
            rules.append(f"&{changes}")
    user = settings.redis_username or url.username or "default"
    return fail(
        f"Redis does not allow user {user} {says}",
        shlex.join(["redis-cli", "ACL", "SETUSER", user, *rules]),
    )
