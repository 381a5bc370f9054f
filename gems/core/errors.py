"""What can go wrong, by whose fault it is: the caller's, a candidate's, or the world's.

Facts are kept in ``args``, so that every error survives the pickling between Ray's processes.
Our own mistakes have no class here: they crash with their traceback.
"""


class GemsError(Exception):
    """Any error that ends in one clear line instead of a traceback."""

    exit_status = 1

    def __str__(self) -> str:
        return ": ".join(str(arg) for arg in self.args)


class BadInput(GemsError):
    """The caller asked for something that is not allowed; the line says what is. Exit status 2."""

    exit_status = 2


class WorldError(GemsError):
    """The network, a disk or a cluster failed; the line names the thing and the next step."""


class CandidateFault(GemsError):
    """A candidate is unsound: recorded as data, never fatal. ``args`` are the kind and a detail."""

    @property
    def kind(self) -> str:
        """One hyphenated word, such as ``missing-tensor``."""
        return self.args[0]

    @property
    def detail(self) -> str:
        """What was found, for a person."""
        return self.args[1]
