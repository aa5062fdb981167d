"""How Redis is reached: options, secrets, waiting."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import text

from streams.redis_contract.connection import BackOff, RedisAddress, TlsFileError
from streams.redis_contract.url import SCHEMES
from tests.support.certificates import Certificate

OPTIONS = ("username", "password", "ssl_ca_certs", "socket_timeout", "socket_connect_timeout", "db")


ADDRESSES = ("redis://h", "redis+sentinel://h/crm", "redis+cluster://h")
"""One of each kind."""


def options(address: RedisAddress) -> dict[str, Any]:
    """What redis-py connects to the server that holds the tenant with, in both its forms alike."""
    both = [client.connection_pool for client in (address.client("t"), address.async_client("t"))]
    named = [
        {name: pool.connection_kwargs[name] for name in OPTIONS if name in pool.connection_kwargs}
        for pool in both
    ]
    assert named[0] == named[1]
    return named[0]


@pytest.mark.parametrize("url", ADDRESSES)
def test_every_wait_is_bounded(url: str) -> None:
    """Connecting and answering."""
    told = options(RedisAddress(url, timeout_s=0.5))
    assert (told["socket_timeout"], told["socket_connect_timeout"]) == (0.5, 0.5)


@pytest.mark.system("openssl")
@pytest.mark.parametrize("url", [url.replace("redis", "rediss") for url in ADDRESSES])
def test_credentials_may_stand_apart_from_the_url(tmp_path: Path, url: str) -> None:
    """User, password and the authority of the server's certificate."""
    authority = str(Certificate.make(tmp_path, "ca").file)
    told = options(RedisAddress(url, "kpi", "s3cret", authority))
    assert (told["username"], told["password"], told["ssl_ca_certs"]) == ("kpi", "s3cret", authority)
    plain = options(RedisAddress(url.replace("rediss", "redis")))
    assert not {"username", "password", "ssl_ca_certs"} & plain.keys()


@pytest.mark.parametrize(
    "where",
    [
        "redis://{}h/3",
        "unix://{}/run/redis.sock",
        "redis+sentinel://{}h:1,h:2/crm/3",
        "redis+cluster://{}h,[::1]:7",
    ],
)
def test_credentials_may_stand_in_the_url(where: str) -> None:
    """Percent-encoded, as in every URL."""
    told = options(RedisAddress(where.format("kpi:s%40cret%2F@")))
    assert (told["username"], told["password"]) == ("kpi", "s@cret/")


@pytest.mark.parametrize("url", ["redis://{}h/3", "unix://{}/run/redis.sock", "redis+cluster://{}h"])
def test_those_of_the_settings_come_first(url: str) -> None:
    """As their documentation says: of the URL's only what they leave open."""
    told = options(RedisAddress(url.format("old:former@"), "kpi", "s3cret"))
    assert (told["username"], told["password"]) == ("kpi", "s3cret")
    told = options(RedisAddress(url.format("kpi:s3cret@"), None, "newer"))
    assert (told["username"], told["password"]) == ("kpi", "newer")


def test_no_secret_is_in_the_repr() -> None:
    """Neither the password nor the URL, which may hold one."""
    assert "s3cret" not in repr(RedisAddress("redis://u:s3cret@h", "kpi", "s3cret"))


def test_a_ca_file_without_tls_is_refused() -> None:
    """It would be ignored, and the connection would be plain."""
    for url in ("redis://h", "redis+sentinel://h/crm", "redis+cluster://h", "unix:///redis.sock"):
        with pytest.raises(ValueError, match="rediss://"):
            RedisAddress(url, ca_file="/ca.pem")


def test_what_cannot_be_used_is_refused_before_a_connection(tmp_path: Path) -> None:
    """A CA file that is not there or holds no certificate; parameters that would turn checks off."""
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for wrong in (str(tmp_path / "absent.pem"), str(empty)):
        with pytest.raises(TlsFileError):
            RedisAddress("rediss://h", ca_file=wrong)
    with pytest.raises(ValueError, match="parameter ssl_cert_reqs in the Redis URL is not known"):
        RedisAddress("rediss://h?ssl_cert_reqs=none")


SENTINEL = "redis+sentinel://HOST:26379,HOST:26379/SERVICE/0"
CLUSTER = "redis+cluster://HOST:6379,HOST:6379"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "the scheme of the Redis URL must be one of redis://, rediss://, unix://, redis+sentinel://"),
        ("redis://a..b", "the host in the Redis URL cannot be: it must be redis://HOST:6379/0"),
        (f"rediss://{64 * 'a'}.b:1", "the host in the Redis URL cannot be"),
        (f"redis+cluster://{64 * 'a'}.b:1", "a host in the Redis URL cannot be"),
        ("http://h", "the scheme of the Redis URL must be one of redis://"),
        ("redis-sentinel://h/crm", "the scheme of the Redis URL must be one of redis://"),
        ("redis+sentinel://h:26379", f"must name the service that the Sentinels watch: {SENTINEL}"),
        ("redis+sentinel://h/my service", f"must name the service that the Sentinels watch: {SENTINEL}"),
        ("redis+sentinel://h/crm/one", f"must be {SENTINEL}"),
        ("redis+sentinel://h/crm/0/1", f"must be {SENTINEL}"),
        ("redis+sentinel:///crm/0", f"must be {SENTINEL}"),
        ("redis+sentinel://h,,g/crm/0", f"must be {SENTINEL}"),
        ("redis+sentinel://h:0/crm/0", f"must be {SENTINEL}"),
        ("redis+sentinel://h/crm?db=1", "parameter db in the Redis URL is not known; none is allowed"),
        ("redis+cluster://h:70000", f"must be {CLUSTER}"),
        ("redis+cluster://h:x", f"must be {CLUSTER}"),
        ("redis+cluster://h/1", "a Redis Cluster has only database 0"),
        ("redis+cluster://h?read_from_replicas=true", "parameter read_from_replicas in the Redis URL"),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_one_line(url: str, told: str) -> None:
    """What is allowed is named."""
    with pytest.raises(ValueError, match=re.escape(told)) as refused:
        RedisAddress(url)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(secret=text(alphabet="/?#@:&=%[], \u00e9s3cretword", min_size=1))
def test_a_password_that_is_not_encoded_is_in_no_message(scheme: str, secret: str) -> None:
    """Whatever the URL then means, its parts are not repeated."""
    marked = f"Zq{secret}Zq"
    for url in (f"{scheme}://u:{marked}@h:6379/crm/0", f"{scheme}://{marked}:p@h/crm"):
        assert "Zq" not in refusal(url), url


def refusal(url: str) -> str:
    """Why an address is refused; empty: it is not."""
    try:
        RedisAddress(url).client("t")
    except ValueError as error:
        return str(error)
    return ""


def test_waits_grow_to_a_limit_and_start_anew() -> None:
    """0.1 s doubling up to 5 s; from the beginning after a success."""
    back_off = BackOff()
    waits = [back_off.next_s() for _ in range(8)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    back_off.reset()
    assert back_off.next_s() == 0.1
