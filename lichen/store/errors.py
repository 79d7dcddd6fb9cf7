"""What can go wrong with the store.

StoreError
├── StoreUnavailable    the engine cannot be opened or reached
└── SchemaTooNew        the data were written by a newer Lichen
"""


class StoreError(Exception):
    """Any failure of the store."""


class StoreUnavailable(StoreError):
    """The engine cannot be opened or reached."""


class SchemaTooNew(StoreError):
    """The data were written by a newer Lichen than this one."""
