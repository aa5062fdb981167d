"""Which dashboards there are, and the text of their files."""

import json
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.boards.alarms import alarms
from deploy.grafana.boards.churn import churn
from deploy.grafana.boards.engine import engine
from deploy.grafana.boards.overview import overview
from deploy.grafana.boards.runbook import runbook
from deploy.grafana.boards.satisfaction import satisfaction
from deploy.grafana.boards.value import value

DIRECTORY = Path(__file__).parents[1] / "dashboards"


def files() -> dict[str, str]:
    """The content of each file by its name, which is the dashboard's uid."""
    boards = [board.build() for board in (overview(), alarms(), churn(), value(), satisfaction(), engine())]
    return dict(map(_file, (*boards, runbook())))


def _file(board: dashboard.Dashboard) -> tuple[str, str]:
    text = JSONEncoder(indent=2, sort_keys=True).encode(board.build())
    return f"{json.loads(text)['uid']}.json", f"{text}\n"
