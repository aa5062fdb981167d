"""Where and how the service runs: typed settings, read once from a mapping (environment ``KPI_<NAME>``).

What changes a published number is no setting but stands in the definition file. ``table.py`` declares each
setting with all that is said of it; ``read`` makes the Settings of an environment, or says in one line which
key is wrong, how, and what it must be. docs/settings.md is made from the same table.
"""

from streams.settings.declare import PREFIX, SettingsError
from streams.settings.reading import nearest, read
from streams.settings.table import Settings

__all__ = ["PREFIX", "Settings", "SettingsError", "nearest", "read"]
