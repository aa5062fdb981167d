"""The command line, ``kpi``: one file a command, errors as one line and an exit code."""
