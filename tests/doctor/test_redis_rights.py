"""``kpi doctor`` as a user of Redis who lacks one right: named, with the line that grants it."""

import shlex
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import redis

from streams.cli.exits import Exit
from streams.doctor.redis_rights import of_a_reader, of_a_writer
from streams.embedded import ValkeyServer, free_port
from streams.redis_contract.layout import Keys
from streams.rights import Role, redis_rights
from tests.cli.conftest import Kpi, kpi
from tests.doctor.conftest import Told
from tests.support.redis_fleets import ask

__all__ = ["kpi"]

TENANT = "default"
CHANGES = Keys(TENANT).changes
ROLES: tuple[Role, ...] = ("worker", "publisher", "reader")


def commands(role: Role) -> list[str]:
    """All that it may run, but for what no connection is without."""
    return [rule[1:] for rule in redis_rights(role, TENANT) if rule.startswith("+") and rule != "+ping"]


class User:
    """A user of a role's rights, of whom some are taken away."""

    def __init__(self, valkey: ValkeyServer, kpi: Kpi) -> None:
        self.name, self._url, self._kpi = f"u{uuid4().hex[:8]}", valkey.url, kpi

    def has(self, role: Role, *more: str) -> None:
        """Make them anew."""
        ask(
            self._url,
            "ACL",
            "SETUSER",
            self.name,
            "reset",
            "on",
            ">pw",
            *redis_rights(role, TENANT, self._url),
            *more,
        )

    def in_database(self, number: int) -> None:
        """Use another one of the server's."""
        self._url = f"{self._url.removesuffix('/0')}/{number}"

    def told(self, role: Role) -> list[tuple[str, str, str]]:
        """Verdict, sentence and cure of the check of rights; Kafka is not there, and is not needed."""
        ran = self._kpi(
            *("doctor", "--json", *(("--reader",) if role == "reader" else ())),
            KPI_BROKERS=f"127.0.0.1:{free_port()}",
            KPI_DEMO="true",
            KPI_REDIS_URL=self._url,
            KPI_REDIS_USERNAME=self.name,
            KPI_REDIS_PASSWORD="pw",  # noqa: S106 - a test's
            KPI_ROLE=role if role == "publisher" else "all",
        )
        found = [one for one in Told(ran).found if one["check"] == "redis rights"]
        return [(one["verdict"], one["says"], one["cure"]) for one in found]

    def obeys(self, cure: str) -> None:
        """Do what the doctor says."""
        said, *words = shlex.split(cure)
        assert said == "redis-cli"
        ask(self._url, *words)


@pytest.fixture
def user(valkey: ValkeyServer, kpi: Kpi) -> Iterator[User]:
    """On the shared server, and gone afterwards."""
    made = User(valkey, kpi)
    yield made
    ask(valkey.url, "ACL", "DELUSER", made.name)


@pytest.mark.parametrize("role", ["worker", "reader"])
def test_every_command_of_the_table_is_looked_at(role: Role) -> None:
    """What kpi acls prints, and what the doctor asks about, are the same."""
    asked: dict[str, Callable[[Keys], Iterator[object]]] = {"worker": of_a_writer, "reader": of_a_reader}
    named = {call.command for call in asked[role](Keys(TENANT))}  # type: ignore[attr-defined]
    assert named | {"evalsha", "script|load"} == {*commands(role), "evalsha", "script|load"}


@pytest.mark.parametrize("role", ROLES)
def test_the_rights_of_kpi_acls_are_enough(user: User, role: Role) -> None:
    """Nothing is missing, and nothing was written to find out."""
    user.has(role)
    says = f"a {role} may run all its commands on the keys and the channel of tenant {TENANT}"
    assert user.told(role) == [("ok", says, "")]


@pytest.mark.parametrize(
    ("role", "command"), [(role, name) for role in ("worker", "reader") for name in commands(role)]
)
def test_one_command_that_is_missing_is_named_and_its_cure_cures(
    user: User, role: Role, command: str
) -> None:
    """Each of them; the line that is given is all that it takes."""
    user.has(role, f"-{command}")
    ((verdict, says, cure),) = user.told(role)
    assert (verdict, f"does not allow user {user.name} the command {command}" in says) == ("fail", True), says
    user.obeys(cure)
    assert [verdict for verdict, *_ in user.told(role)] == ["ok"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (("resetchannels",), CHANGES),
        (("resetkeys", f"~{Keys(TENANT).prefix}kpi:*"), Keys(TENANT).version),
        (("resetkeys", f"%W~{Keys(TENANT).prefix}*"), ""),
        (("resetkeys",), "any command on the keys of tenant default"),
        (("-hmget", "resetchannels"), "hmget"),
    ],
    ids=str,
)
def test_keys_and_channel_that_are_missing_are_named_and_the_cure_cures(
    user: User, role: Role, rules: tuple[str, ...], named: str
) -> None:
    """Of a key that may be written only, too."""
    user.has(role, *rules)
    ((verdict, says, cure),) = user.told(role)
    assert (verdict, named in says) == ("fail", True), says
    user.obeys(cure)
    assert [verdict for verdict, *_ in user.told(role)] == ["ok"]


@pytest.mark.parametrize("role", ROLES)
def test_another_database_asks_for_a_right_more(user: User, role: Role) -> None:
    """It is chosen on every connection; kpi acls reads from the address that it must be."""
    user.in_database(3)
    user.has(role)
    assert [verdict for verdict, *_ in user.told(role)] == ["ok"]


def test_nothing_is_written_to_find_out(user: User, valkey: ValkeyServer) -> None:
    """No key, and no message on the channel."""
    user.has("worker")
    with redis.Redis.from_url(valkey.url) as client, client.pubsub() as channel:
        before = client.dbsize()
        channel.subscribe(CHANGES)
        assert channel.get_message(timeout=5) is not None
        assert user.told("worker")[0][0] == "ok"
        assert (client.dbsize(), channel.get_message(timeout=0.1)) == (before, None)


def test_a_reader_is_looked_at_without_kafka_and_secret(kpi: Kpi, valkey: ValkeyServer) -> None:
    """Four checks, and none of what a reader has not."""
    ran = kpi("doctor", "--reader", KPI_REDIS_URL=valkey.url)
    assert (ran.code, ran.out.splitlines()[-1]) == (Exit.OK, "4 ok")
    ran = kpi("doctor", "--reader", KPI_REDIS_URL="")
    assert (ran.code, "fail     redis  " in ran.out) == (Exit.FAILED, True), ran.out
