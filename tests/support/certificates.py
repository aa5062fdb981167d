"""Certificates for servers on this machine, made with openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.embedded.ports import LOOPBACK


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1, which is its own authority, with its key."""

    file: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, name: str, *, dns: str = "", phrase: str = "") -> "Certificate":
        """Make one with openssl; ``dns``: a further name that it is good for; ``phrase``: to open its key."""
        made = cls(folder / f"{name}.pem", folder / f"{name}.key")
        kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        kind += ["-passout", f"pass:{phrase}"] if phrase else ["-nodes"]
        known = ",".join([f"IP:{LOOPBACK}", *([f"DNS:{dns}"] if dns else [])])
        names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={known}", "-days", "2"]
        files = ["-out", str(made.file), "-keyout", str(made.key)]
        subprocess.run(["openssl", *kind, *names, *files], check=True, capture_output=True)
        return made

    @property
    def both(self) -> Path:
        """Key and certificate in one file, as Kafka's keystores take them."""
        joined = self.file.with_suffix(".both.pem")
        joined.write_text(self.key.read_text() + self.file.read_text())
        return joined
