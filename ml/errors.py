"""The errors of this package that a caller is expected to handle."""


class NotEnoughData(ValueError):
    """The data are too few, or too uniform, for the model that was asked for.

    A caller goes on without the model (for instance with the naive value alone) and shows the
    sentence; it is no sign of bad data.
    """
