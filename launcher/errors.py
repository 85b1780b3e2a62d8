"""The launcher's one error: a sentence that says what to do."""


class LauncherError(Exception):
    """The command cannot go on. The text is shown as it is, without a traceback."""
