"""docs/settings.md from the settings' declarations; ``python -m deploy.settings`` writes it."""
