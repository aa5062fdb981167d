"""What goes wrong with an embedded server, as one type a caller can branch on."""


class EmbeddedError(Exception):
    """An embedded server cannot be fetched, started or kept alive; the message is one readable paragraph."""
