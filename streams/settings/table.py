"""Every setting, declared once (see declare.py); docs/settings.md is this table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streams.core.events import KINDS, Kind
from streams.core.partition.placement import Partitioner
from streams.settings.declare import (
    INGEST,
    READING,
    SERVING,
    SHOWING,
    choice,
    duration,
    other,
    secret_text,
    switch,
    text,
    whole,
)

LEAST_SECRET = 16
"""Characters: what is shorter can be guessed, and with it every digest."""
_DATADIR = Path("kpi-data")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that says where and how a process runs. Durations are in ms."""

    brokers: tuple[str, ...] = other(
        ("127.0.0.1:9092",), "Where Kafka is first asked.", example="kafka-1:9092,kafka-2:9092"
    )
    app_id: str = text(
        "kpi-streams", "Consumer group, and prefix of the transactional ids; one a deployment."
    )
    partitions: int = whole(4, "Partitions of every topic; all have the same number.", low=1, high=1_000)
    partitioner: Partitioner = choice(  # noqa: RUF009 - a field
        "murmur2",
        "How the producers of the source topics find a key's partition: murmur2 as Java, kafka-python, "
        "aiokafka, franz-go and kafkajs; crc32 as librdkafka; fnv1a as Sarama.",
    )
    replication_factor: int = whole(3, "Replicas of the topics that are made.", low=1, high=9)
    tick: int = duration("1s", "From one evaluation and commit to the next.", SHOWING, least="100ms")
    dimension_interval: int = duration(
        "5s", "From one evaluation by dimension to the next; a multiple of KPI_TICK.", SHOWING, least="100ms"
    )
    session_timeout: int = duration(
        "10s", "How long a worker may be silent before its partitions go to others.", READING, least="1s"
    )
    heartbeat_interval: int = duration(
        "500ms",
        "Of the consumer group: how soon the others learn that a worker has left; at most a third of "
        "KPI_SESSION_TIMEOUT.",
        READING,
        least="100ms",
    )
    rebalance_timeout: int = duration("30s", "How long a rebalance waits for a worker.", READING, least="1s")
    request_timeout: int = duration("30s", "How long a broker may take to answer.", least="1s")
    stuck_timeout: int = duration(
        "60s", "The watchdog ends a worker that makes no progress for so long.", READING, least="10s"
    )
    processing_guarantee: Literal["exactly_once", "at_least_once"] = choice(
        "exactly_once",
        "Whether state and offsets move in Kafka transactions; at_least_once is for brokers that have none.",
        SERVING,
    )
    role: Literal["all", "worker", "publisher"] = choice(
        "all", "worker: counts; publisher: shows what workers count; all: both.", SHOWING
    )
    http_host: str = text("127.0.0.1", "Address to serve the board, metrics and health on.", SERVING)
    http_port: int = whole(
        8700, "Its port; 0 takes a free one, which the log names.", SERVING, low=0, high=65_535
    )
    http_hosts: str = text(
        "",
        """Names under which browsers, Prometheus or a proxy ask for it, separated by commas; addresses and
        localhost need none; * allows any.""",
        SERVING,
        example="kpi.example.org,worker-1",
    )
    redis_url: str = secret_text(
        """Where Redis is: redis:// or unix:// for one server, redis+sentinel://HOST:26379,HOST:26379/SERVICE/0
        for what Sentinels watch, redis+cluster://HOST:6379,HOST:6379 for a cluster; rediss in place of redis:
        over TLS, the Sentinels too. May hold a password. Empty: no Redis.""",
        default="redis://127.0.0.1:6379/0",
        least=0,
    )
    redis_username: str = text("", "A user of Redis' ACL; empty: the one of the URL, or the default user.")
    redis_password: str = secret_text("The password of that user; empty: the one of the URL.")
    redis_cafile: str = text(
        "", "PEM file of the authority that signed Redis' certificate.", example="/etc/tls/redis-ca.pem"
    )
    redis_certfile: str = text(
        "",
        "PEM file of the client certificate, where Redis asks for one; together with KPI_REDIS_KEYFILE.",
    )
    redis_keyfile: str = text("", "PEM file of its key, without a pass phrase.")
    redis_timeout: int = duration("2s", "How long Redis may take to answer.", least="10ms")
    at_risk_limit: int = whole(
        1_000, "How many customers the early-warning set names at most.", SHOWING, low=0, high=10_000
    )
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = choice(
        "PLAINTEXT", "How Kafka is talked to: SSL encrypts, SASL authenticates."
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = choice(
        "SCRAM-SHA-512", "How SASL authenticates."
    )
    kafka_username: str = text("", "The user, for PLAIN and SCRAM.")
    kafka_password: str = secret_text("That user's password.")
    kafka_token_command: str = text(
        "",
        "For OAUTHBEARER: a program with its arguments that prints a token; run without a shell, and again "
        "before the token expires.",
        example="/usr/local/bin/kafka-token --audience kafka",
    )
    kafka_cafile: str = text(
        "", "PEM file of the authority that signed the brokers' certificates; empty: the system's."
    )
    kafka_certfile: str = text("", "PEM file of the client certificate; together with KPI_KAFKA_KEYFILE.")
    kafka_keyfile: str = text("", "PEM file of its key.")
    secret: str = secret_text(
        "Keys every digest of a customer or event; the same on every worker, required outside the demo.",
        least=LEAST_SECRET,
    )
    demo: bool = switch("Whether this is the demo, which needs no secret.")
    definition_file: str = text("", "TOML file of what the numbers mean; empty: the documented defaults.")
    mapping_file: str = text(
        "", "TOML file that says how records of foreign topics become events; kpi ingest needs one.", INGEST
    )
    ingest_interval: int = duration(
        "200ms", "From one transaction of a foreign partition to the next, at least.", INGEST, least="10ms"
    )
    ingest_http: str = text(
        "",
        """Topics of the mapping whose records come over HTTP, POST /events/TOPIC, and not from Kafka;
        separated by commas; empty: none.""",
        INGEST,
        example="web.orders,web.answers",
    )
    ingest_token: str = secret_text(
        "What senders over HTTP have to show; required where KPI_INGEST_HTTP names topics.",
        INGEST,
    )
    registry_url: str = text(
        "",
        "Where the schema registry is, for records in Avro, JSON Schema and Protobuf.",
        INGEST,
        example="https://registry:8081",
    )
    registry_username: str = text("", "The registry's user, for HTTP's basic authentication.", INGEST)
    registry_password: str = secret_text("That user's password.", INGEST)
    registry_cafile: str = text(
        "", "PEM file of the authority that signed the registry's certificate; empty: the system's.", INGEST
    )
    topic_signup: str = text("crm.customer.signup.v1", "Source topic of signups.")
    topic_purchase: str = text("crm.customer.purchase.v1", "Source topic of purchases.")
    topic_cancellation: str = text("crm.customer.cancellation.v1", "Source topic of cancellations.")
    topic_survey: str = text("crm.customer.survey.v1", "Source topic of survey answers.")
    topic_void: str = text("crm.customer.void.v1", "Source topic of voids.")
    topic_erase: str = text("crm.customer.erase.v1", "Source topic of erasures.")
    topic_changelog: str = text("crm.kpi.changelog.v1", "The state, as its owner alone writes it.")
    topic_totals: str = text("crm.kpi.totals.v1", "Totals of the partitions, from workers to publishers.")
    topic_dead_letter: str = text("crm.kpi.dead-letter.v1", "Where malformed records go.")
    dead_letter_retention: int = duration(
        "30d",
        "How long they are kept there, with the personal data in them; kpi topics create and check go by it.",
        least="1h",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = choice(
        "INFO", "What is logged at least; DEBUG also what the libraries say.", SERVING
    )
    log_format: Literal["console", "json"] = choice(
        "console", "A line of text for people, or a JSON object for programs.", SERVING
    )
    datadir: Path = other(_DATADIR, "A folder that Faust asks for; nothing is kept there.", READING)  # noqa: RUF009 - a field
    unknown: tuple[str, ...] = ()
    """Keys with our prefix that mean nothing: the caller warns of them."""

    @property
    def exactly_once(self) -> bool:
        """Whether state and offsets move in Kafka transactions."""
        return self.processing_guarantee == "exactly_once"

    @property
    def source_topics(self) -> dict[str, Kind]:
        """Source topic -> kind of event, in the order in which kinds are applied."""
        return {getattr(self, f"topic_{kind}"): kind for kind in KINDS}

    @property
    def secret_bytes(self) -> bytes:
        """The secret; the demo's own where none is set."""
        return self.secret.encode() or b"demo"
