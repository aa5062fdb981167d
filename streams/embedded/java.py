"""What the genuine Kafka runs on: Java, Maven, and Kafka's own jars.

Rules: programs are looked up on the search path; the jars named by `pom.xml` are fetched once, with strict
checksums, into the user's cache directory, which is complete or absent and shared by every process.

Never: install a program, or change anything outside the cache directory and Maven's own.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streams.embedded.errors import EmbeddedError

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17
_FETCH_S = 900.0
_VERSION_S = 30.0


def kafka_version() -> str:
    """Return the version of Apache Kafka that `pom.xml` pins."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", POM.read_text())
    if found is None:
        raise EmbeddedError(f"{POM} names no kafka.version")
    return found[1]


@dataclass(frozen=True)
class JavaTools:
    """The programs found on a search path (default: this process's PATH); None where missing or too old.

    Args:
        java: path of a Java of at least version 17.
        maven: path of Maven; needed only until the jars are fetched.
        lacking: what is missing or too old, readable, "" if nothing is.
    """

    java: str | None
    maven: str | None
    lacking: str

    @classmethod
    def find(cls, search_path: str | None = None) -> "JavaTools":
        """Look the programs up; starts `java -version` once."""
        java = shutil.which("java", path=search_path)
        maven = shutil.which("mvn", path=search_path)
        lacking: list[str] = []
        if java is None:
            lacking.append(f"Java {OLDEST_JAVA} or newer")
        elif (version := _java_version(java)) < OLDEST_JAVA:
            lacking.append(f"Java {OLDEST_JAVA} or newer (found {version})")
            java = None
        if maven is None and not jars_fetched():
            lacking.append("Maven")
        return cls(java, maven, " and ".join(lacking))


@dataclass(frozen=True)
class Jvm:
    """A Java and the directory of the jars it runs."""

    java: str
    jars: Path

    def command(self, options: Iterable[str], main: str, *arguments: str) -> list[str]:
        """Return the command that runs class `main`."""
        return [self.java, *options, "-cp", f"{self.jars}/*", main, *arguments]


def _java_version(java: str) -> int:
    try:
        told = subprocess.run(  # noqa: S603 - a program found on the search path
            [java, "-version"], capture_output=True, text=True, timeout=_VERSION_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


def jars_directory(pom: Path = POM) -> Path:
    """Return where the jars of a `pom.xml` are kept, whether they are there or not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:8]
    return cache / "kpi-streams" / f"kafka-{kafka_version()}-{digest}"


def jars_fetched() -> bool:
    """Tell whether the jars are there, so that neither Maven nor a network is needed."""
    return jars_directory().is_dir()


def fetch_jars(maven: str | None, pom: Path = POM) -> Path:
    """Return the directory of the jars, fetching them (some 45 MB) with Maven if they are not there yet.

    Args:
        maven: the program; None: not there.
        pom: names the jars.

    Raises:
        EmbeddedError: they are not there, and Maven is missing or could not fetch them.
    """
    target = jars_directory(pom)
    if target.is_dir():
        return target
    if maven is None:
        raise EmbeddedError("Maven is needed to fetch Apache Kafka's jars")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _fetch(maven, target, pom)
    return target


def _fetch(maven: str, target: Path, pom: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        complete = Path(scratch) / "jars"
        command = [maven, "-q", "-B", "-C", "-f", str(pom), "dependency:copy-dependencies"]
        try:
            told = subprocess.run(  # noqa: S603 - Maven, with our own pom
                [*command, f"-DoutputDirectory={complete}"],
                capture_output=True,
                text=True,
                timeout=_FETCH_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(f"Maven did not fetch Apache Kafka within {_FETCH_S:g} s") from error
        if told.returncode:
            raise EmbeddedError(f"Maven could not fetch Apache Kafka: {_first_error(told.stdout)}")
        complete.rename(target)


def _first_error(output: str) -> str:
    errors = re.findall(r"^\[ERROR\] (.+)$", re.sub(r"\x1b\[[\d;]*m", "", output), re.MULTILINE)
    return errors[0] if errors else "it told no reason"
