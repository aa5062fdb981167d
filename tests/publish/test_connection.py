"""How Redis is reached: options, secrets, waiting."""

import pytest

from streams.publish.connection import BackOff, RedisAddress


def test_every_wait_is_bounded() -> None:
    """Connecting and answering."""
    options = RedisAddress("redis://h", timeout_s=0.5).options()
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (0.5, 0.5)


def test_credentials_may_stand_apart_from_the_url() -> None:
    """User, password and the authority of the server's certificate."""
    options = RedisAddress("rediss://h", "kpi", "s3cret", "/ca.pem").options()
    assert (options["username"], options["password"], options["ssl_ca_certs"]) == ("kpi", "s3cret", "/ca.pem")
    assert not {"username", "password", "ssl_ca_certs"} & RedisAddress("redis://h").options().keys()


def test_no_secret_is_in_the_repr() -> None:
    """Neither the password nor the URL, which may hold one."""
    assert "s3cret" not in repr(RedisAddress("redis://u:s3cret@h", "kpi", "s3cret"))


def test_a_ca_file_without_tls_is_refused() -> None:
    """It would be ignored, and the connection would be plain."""
    with pytest.raises(ValueError, match="rediss://"):
        RedisAddress("redis://h", ca_file="/ca.pem")


def test_waits_grow_to_a_limit_and_start_anew() -> None:
    """0.1 s doubling up to 5 s; from the beginning after a success."""
    back_off = BackOff()
    waits = [back_off.next_s() for _ in range(8)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    back_off.reset()
    assert back_off.next_s() == 0.1
