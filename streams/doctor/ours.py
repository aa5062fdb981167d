"""What this machine itself has to say: settings, secret, definition file."""

from pathlib import Path

from streams.core.definition.definition import Definition, DefinitionError
from streams.definitions import load
from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, fail, ok, parted, warn
from streams.settings import SettingsError, nearest, read

_SECRET = ("KPI_SECRET", "KPI_SECRET_FILE")


async def settings(case: Case) -> list[Finding]:
    """Whether they can be used, but for the secret; and keys that nobody reads."""
    without = {key: text for key, text in case.environ.items() if key not in _SECRET}
    try:
        case.known_settings = read({**without, "KPI_DEMO": "true"})
    except SettingsError as error:
        return [parted(str(error), f"set {error.key}")]
    unknown = [_unknown(key) for key in case.known_settings.unknown]
    return unknown or [ok("every KPI_... key is a setting, and has a value that can be used")]


def _unknown(key: str) -> Finding:
    near = nearest(key)
    return warn(
        f"{key} is no setting of this service and is ignored",
        f"rename it to {near}" if near else "remove it",
    )


async def secret(case: Case) -> list[Finding]:
    """Whether there is one."""
    if case.known_settings is None:
        raise SkippedError("the other settings cannot be read")
    try:
        case.known_settings = read(case.environ)
    except SettingsError as error:
        return [parted(str(error), f"set {error.key}")]
    case.has_secret = True
    if case.known_settings.secret:
        return [ok("KPI_SECRET is set; whether it is the right one is told under state")]
    return [
        warn(
            "KPI_DEMO is true, KPI_SECRET is not set: customers' hashes are keyed by what everybody knows",
            "remove KPI_DEMO and set KPI_SECRET, before anything is counted",
        )
    ]


async def definition(case: Case) -> list[Finding]:
    """Whether the file can be used, and which it is."""
    file = case.settings.definition_file
    try:
        case.known_definition = found = load(Path(file)) if file else Definition()
    except DefinitionError as error:
        return [fail(str(error), "correct the file: kpi definition check FILE, or set KPI_DEFINITION_FILE")]
    where = file or "the documented default"
    return [ok(f"{where}: version {found.version}, hash {found.hash}, tenant {found.tenant}")]
