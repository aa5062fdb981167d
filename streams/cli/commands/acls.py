"""``kpi acls``: the least rights of a role, as commands for whoever keeps Kafka and Redis."""

import shlex

import click

from streams.cli.closing import closing
from streams.cli.definitions import chosen_definition
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.mappings import load_mapping
from streams.cli.terminal import say
from streams.rights import ROLES, Role, kafka_line, kafka_rights, redis_rights
from streams.settings import Settings

_ROLES = "\n".join(("\b", "Roles:", *(f"  {role:<13}  {says}" for role, says in ROLES.items())))


@click.command(
    epilog=closing(
        "kpi acls worker",
        "kpi acls reader --user dashboards",
        reads="KPI_APP_ID, KPI_BROKERS, KPI_DEFINITION_FILE, KPI_PROCESSING_GUARANTEE, KPI_REDIS_URL, "
        "KPI_TOPIC_*; for ingest and steward KPI_MAPPING_FILE",
    )
    + f"\n\n{_ROLES}"
)
@click.argument("role", metavar="ROLE", type=click.Choice(tuple(ROLES)))
@click.option("--user", metavar="NAME", default="kpi", show_default=True, help="Whom the rights are for.")
def command(*, role: Role, user: str) -> None:
    """Print the least rights that ROLE needs: lines for kafka-acls.sh, and for redis-cli.

    Names are those of the settings and of the definition's tenant; the line for Redis is for every server of
    it, as replicas and nodes of a cluster keep users of their own. Asks no server, and grants nothing.
    """
    settings = client_settings()
    for right in kafka_rights(role, settings, _foreign(settings, role)):
        say(kafka_line(right, user, settings.brokers))
    tenant = chosen_definition(settings.definition_file or None).tenant
    if not settings.redis_url:
        return
    try:
        rules = redis_rights(role, tenant, settings.redis_url)
    except ValueError as error:
        raise CliError(Exit.USAGE, f"KPI_REDIS_URL: it cannot be used ({error})") from None
    if rules:
        login = () if role == "doctor" else ("on", ">PASSWORD")
        say(shlex.join(["redis-cli", "ACL", "SETUSER", user, *login, *rules]))


def _foreign(settings: Settings, role: Role) -> list[str]:
    """The topics of the mapping, for the roles that have to do with them."""
    if role not in {"ingest", "steward"} or (role == "steward" and not settings.mapping_file):
        return []
    if not settings.mapping_file:
        raise CliError(Exit.USAGE, "KPI_MAPPING_FILE: not set; it must be the mapping that kpi ingest has")
    mapping, _ = load_mapping(settings.mapping_file)
    return [source.topic for source in mapping.sources]
