"""The real Valkey: answers, listens on the loopback interface only, and comes back empty."""

import pytest
import redis

from streams.embedded import EmbeddedError, ValkeyServer


def test_it_is_a_real_valkey(valkey: ValkeyServer) -> None:
    """It answers commands and says what it is."""
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        assert client.info("server")["server_name"] == "valkey"


def test_it_keeps_nothing_on_disk_and_stays_on_this_machine(valkey: ValkeyServer) -> None:
    """Persistence is off, protected mode on, and only 127.0.0.1 is bound."""
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        settings = client.config_get("save", "appendonly", "bind", "protected-mode")
    assert settings == {"save": "", "appendonly": "no", "bind": "127.0.0.1", "protected-mode": "yes"}


def test_a_killed_server_comes_back_empty_on_its_port() -> None:
    """Clients reconnect to the same address and find nothing; a second start would lose the first process."""
    with ValkeyServer() as server:
        address = server.url
        with pytest.raises(EmbeddedError, match="Valkey is started already"):
            server.start()
        with redis.Redis.from_url(address, decode_responses=True) as client:
            client.set("key", "value")
            server.kill()
            with pytest.raises(redis.ConnectionError):
                client.ping()
            server.restart()
            assert server.url == address
            assert client.get("key") is None


def test_a_stopped_server_hands_out_no_address() -> None:
    """Nothing hands out an address that nobody listens on."""
    server = ValkeyServer()
    with pytest.raises(EmbeddedError, match="Valkey is not started"):
        _ = server.url
