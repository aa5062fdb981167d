"""schemas/asyncapi.yaml from schemas/topics.yaml; ``python -m deploy.asyncapi`` writes it."""
