"""How text stands inside the quotes of a label, in Prometheus' text format and in OpenMetrics.

Rules: a backslash, a double quote and a line feed are escaped, each with one backslash; every other one,
control characters too, stands as it is. The formats know no other escape: those of JSON would be read
otherwise, and two names could become one series.
"""


def label_value(text: str) -> str:
    """The text as it stands between the quotes."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
