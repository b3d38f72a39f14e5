"""The errors a user may see: one line each, saying which file, what is wrong and what to do.

Every room raises these (or subclasses of its own); ``cli`` and ``app`` turn them into an exit status or a
problem document. Anything else that escapes is a bug.
"""


class ReseenError(Exception):
    """Base of all errors meant for people; ``str(error)`` is one plain line.

    Attributes:
        exit_status: The exit status of a command that ends with this error.
    """

    exit_status: int = 1


class InputError(ReseenError):
    """Some input (a file, a folder, a library, a model) cannot be used; exit status 1."""


class UsageError(ReseenError):
    """The command or call itself is wrong: a bad option, an unknown name; exit status 2."""

    exit_status: int = 2
