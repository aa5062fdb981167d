"""The commands of ``kpi``, a file for each, imported when it is called."""
