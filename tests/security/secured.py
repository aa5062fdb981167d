"""A genuine Kafka with every door: plain, TLS, client certificates, SASL with and without TLS; with ACLs."""

import base64
import json
import time
from pathlib import Path

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from streams.embedded import KafkaCluster
from streams.embedded.ports import LOOPBACK, free_ports
from tests.support.certificates import Certificate
from tests.support.eventually import eventually, patient

USER, PASSWORD = "alice", "alice's secret"
DOORS = {"TLS": "SSL", "MUTUAL": "SSL", "SASL": "SASL_PLAINTEXT", "SASLTLS": "SASL_SSL"}
"""Listener -> its protocol; PLAINTEXT is there, too."""
_MECHANISMS = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_BEARER = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"


class SecuredKafka:
    """The cluster, its addresses, and its certificates."""

    def __init__(self, folder: Path) -> None:
        self.server = Certificate.make(folder, "server")
        self.client = Certificate.make(folder, "client")
        self.stranger = Certificate.make(folder, "stranger")
        self._ports = dict(zip(DOORS, free_ports(len(DOORS)), strict=True))
        self.cluster = KafkaCluster(properties=self._properties())

    def address(self, door: str) -> str:
        """Where a listener is; PLAINTEXT: the super user's."""
        return self.cluster.bootstrap if door == "PLAINTEXT" else f"{LOOPBACK}:{self._ports[door]}"

    def start(self) -> None:
        """Start it, and make the user."""
        self.cluster.start()
        mechanisms = (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap, "log_level": 0})
        for kind in mechanisms:
            info = ScramCredentialInfo(kind, 4_096)
            asked = admin.alter_user_scram_credentials(
                [UserScramCredentialUpsertion(USER, info, PASSWORD.encode())]
            )
            asked[USER].result(timeout=patient(20))

        def known() -> bool:
            asked = admin.describe_user_scram_credentials([USER])
            assert isinstance(asked, dict)
            found = asked[USER].result(timeout=patient(20))
            return {info.mechanism for info in found.scram_credential_infos} == set(mechanisms)

        eventually(known, within=20)

    def _properties(self) -> dict[str, str]:
        listeners = ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in self._ports.items())
        made = {
            "listeners": listeners,
            "advertised.listeners": listeners,
            "listener.security.protocol.map": ",".join(f"{n}:{p}" for n, p in DOORS.items()),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "sasl.enabled.mechanisms": _MECHANISMS,
        }
        for name, protocol in DOORS.items():
            prefix = f"listener.name.{name.lower()}."
            if protocol.endswith("SSL"):
                made[f"{prefix}ssl.keystore.type"] = "PEM"
                made[f"{prefix}ssl.keystore.location"] = str(self.server.both)
                made[f"{prefix}ssl.truststore.type"] = "PEM"
                made[f"{prefix}ssl.truststore.location"] = str(self.client.file)
                made[f"{prefix}ssl.client.auth"] = "required" if name == "MUTUAL" else "none"
            if protocol.startswith("SASL"):
                made[f"{prefix}plain.sasl.jaas.config"] = f'{_PLAIN} user_{USER}="{PASSWORD}";'
                made[f"{prefix}scram-sha-256.sasl.jaas.config"] = _SCRAM
                made[f"{prefix}scram-sha-512.sasl.jaas.config"] = _SCRAM
                made[f"{prefix}oauthbearer.sasl.jaas.config"] = (
                    f'{_BEARER} unsecuredLoginStringClaim_sub="k";'
                )
        return made


def token(subject: str = USER, *, lasts_s: float = 3_600.0) -> str:
    """An unsigned token, as Kafka's own test validator takes it."""

    def part(claims: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    now = time.time()
    return f"{part({'alg': 'none'})}.{part({'sub': subject, 'iat': now, 'exp': now + lasts_s})}."
