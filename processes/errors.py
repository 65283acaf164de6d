"""Why a process cannot start, as a sentence for whoever typed the command."""


class StartError(Exception):
    """Nothing was started; the text says why and what to do."""
