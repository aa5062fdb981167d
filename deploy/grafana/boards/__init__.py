"""The dashboards as code; ``python -m deploy.grafana.boards`` writes them to deploy/grafana/dashboards."""
