"""docs/metrics.md from the catalogue; ``python -m deploy.metrics`` writes it."""
