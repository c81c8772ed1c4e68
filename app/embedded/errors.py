"""What keeps a machine from starting: one sentence for whoever typed the command."""


class StartError(Exception):
    """The message says what is wrong and what to do about it; no trace is shown."""
