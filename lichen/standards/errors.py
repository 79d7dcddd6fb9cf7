"""What can go wrong with standards. The tree is in the package's docstring."""


class StandardsError(Exception):
    """Base of all errors of this package."""


class TableError(StandardsError):
    """A table folder, or a cell of it, cannot be read; the message names the file and the row."""


class UnknownEdition(StandardsError):
    """No edition goes by that name; the message lists the known ones."""


class NoStandardInForce(StandardsError):
    """No edition covers the day; the message lists the known ones and their days."""
