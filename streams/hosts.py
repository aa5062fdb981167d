"""Names of hosts: which of them can be asked for at all."""


def is_host(name: str) -> bool:
    """Whether a name can be looked up: an empty label, or one of 64 characters, fails in Python itself."""
    try:
        return bool(name.encode("idna"))
    except UnicodeError:
        return False
