"""Which topics of a mapping are read from Kafka, and which come over HTTP; and that none is ours."""

from streams.mapping import Mapping
from streams.mapping.specs import WITH_SCHEMAS
from streams.quoting import quoted
from streams.settings import Settings, SettingsError

LEAST_TOKEN = 16
"""Characters: what is shorter can be guessed."""


class Names:
    """The topics of a mapping.

    Args:
        mapping: names them.
        settings: name ours, and those that come over HTTP.

    Raises:
        SettingsError: names that do not go together, or no token for HTTP.
    """

    def __init__(self, mapping: Mapping, settings: Settings) -> None:
        self._mapping = mapping
        self._own = {
            *settings.source_topics,
            settings.topic_changelog,
            settings.topic_totals,
            settings.topic_dead_letter,
        }
        self.over_http = frozenset(name.strip() for name in settings.ingest_http.split(",") if name.strip())
        named = dict.fromkeys(source.topic for source in mapping.sources)
        self.exact = [name for name in named if "*" not in name and name not in self.over_http]
        """Topics of Kafka by their whole names."""
        self.patterns = any("*" in name for name in named)
        """Whether others may fit."""
        self._check(settings)

    @property
    def in_kafka(self) -> bool:
        """Whether anything is read from Kafka."""
        return bool(self.exact) or self.patterns

    def fits(self, topic: str) -> bool:
        """Whether a topic that is there is to be read: by a name with a star, if it is nobody's own."""
        if topic.startswith("__") or topic in self._own or topic in self.over_http:
            return False
        return any(source.reads(topic) for source in self._mapping.sources)

    def _check(self, settings: Settings) -> None:
        for number, source in enumerate(self._mapping.sources):
            if source.topic in self._own:
                raise SettingsError(
                    "mapping_file",
                    f"source[{number}].topic {source.topic} is a topic of the service's own",
                    "a mapping of other topics: what is written there would be read again",
                )
        for name in sorted(self.over_http):
            read = [source for source in self._mapping.sources if source.reads(name)]
            if not read or any(source.format in WITH_SCHEMAS for source in read):
                wrong = f"{quoted(name)} is no topic of the mapping"
                if read:
                    wrong = f"{quoted(name)} is read as {read[0].format}"
                raise SettingsError(
                    "ingest_http", wrong, "topics that the mapping reads as JSON of some form"
                )
        if self.over_http and len(settings.ingest_token) < LEAST_TOKEN:
            raise SettingsError(
                "ingest_token",
                "too short" if settings.ingest_token else "not set",
                f"a long random text of at least {LEAST_TOKEN} characters, which senders over HTTP show",
            )
