"""What is said to a person whose command cannot be carried out. Loads nothing, so that the way out costs nothing."""


class CommandError(Exception):
    """What to say to the person: what, where, and what to do; a line each. `code`: of the exit."""

    code = 1


class CannotLookError(CommandError):
    """What is asked about could not be seen, which is no answer: another exit code than `refused`."""

    code = 2
