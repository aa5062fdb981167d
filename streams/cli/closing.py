"""How every command's help ends: the settings it reads, exit codes of its own, examples; and groups in full.

Rules: one form for all, at most 80 columns; an example can be typed as it stands.
"""

import click

KAFKA = "KPI_BROKERS, KPI_KAFKA_*, KPI_REQUEST_TIMEOUT"
"""Whoever asks Kafka."""
REDIS = "KPI_REDIS_*"
"""Whoever reads Redis."""
_NEVER = 1_000


def closing(*examples: str, reads: str, ends: str = "") -> str:
    """The last paragraphs of a command's help.

    Args:
        examples: command lines, as they are typed.
        reads: names of settings; KPI_X_* stands for all that begin so.
        ends: its exit codes, where they say more than "kpi --help" does.
    """
    paragraphs = [f"Settings: {reads}."]
    if ends:
        paragraphs.append(f"Exit codes: {ends}.")
    title = "Example:" if len(examples) == 1 else "Examples:"
    paragraphs.append("\n".join(("\b", title, *(f"  {line}" for line in examples))))
    return "\n\n".join(paragraphs)


class FullGroup(click.Group):
    """A group whose list of commands cuts no sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with the whole first sentence of its help."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, found.get_short_help_str(_NEVER)) for name, found in commands if found is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
