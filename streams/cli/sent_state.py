"""How far a file was sent: the side-car ``FILE.kpi-sent``.

Rules: it belongs to one content (the digest of the file's beginning) and one target (cluster and source
topics); another file under the same name, or another target, begins anew. It is written only after Kafka has
acknowledged what it tells, in one move, so that a crash costs at most a repeat, which the service tells as
duplicates.
"""

import hashlib
from pathlib import Path

import msgspec

SUFFIX = ".kpi-sent"
KEPT_REJECTIONS = 100
_HEAD_BYTES = 65_536


class Rejected(msgspec.Struct, frozen=True):
    """A line that was not sent."""

    line: int
    reason: str


class SentState(msgspec.Struct):
    """What was done of a file; line numbers begin with 1."""

    target: tuple[str, ...]
    """The cluster's id and the source topics."""
    head: str
    head_bytes: int
    lines: int = 0
    """All lines up to this one are sent or rejected."""
    sent: int = 0
    rejected: int = 0
    rejections: list[Rejected] = []
    """The first KEPT_REJECTIONS of them."""

    def reject(self, line: int, reason: str) -> None:
        """Note a line that is not sent."""
        self.rejected += 1
        if len(self.rejections) < KEPT_REJECTIONS:
            self.rejections.append(Rejected(line, reason))


def load(file: Path, target: tuple[str, ...]) -> SentState:
    """The state of a file, or a fresh one if there is none for this content and target.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    fresh = SentState(target, _digest(head), len(head))
    try:
        state = msgspec.json.decode(_sidecar(file).read_bytes(), type=SentState)
    except (OSError, msgspec.MsgspecError):
        return fresh
    same = state.target == target and state.head == _digest(head[: state.head_bytes])
    return state if same else fresh


def save(file: Path, state: SentState) -> None:
    """Write the state down.

    Raises:
        OSError: it cannot be written.
    """
    target = _sidecar(file)
    draft = target.with_name(target.name + ".new")
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(target)


def _sidecar(file: Path) -> Path:
    return file.with_name(file.name + SUFFIX)


def _digest(head: bytes) -> str:
    return hashlib.blake2b(head, digest_size=16).hexdigest()
