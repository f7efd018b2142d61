"""aimux: a local AI gateway, managed from the command line."""

__version__ = "0.1.0"
