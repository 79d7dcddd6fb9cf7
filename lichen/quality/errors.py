"""What can go wrong in a test. The tree is in the package's docstring."""


class QualityError(ValueError):
    """Base of all errors of this package: arrays or thresholds with which a test cannot be done."""
