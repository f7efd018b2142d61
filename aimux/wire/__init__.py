"""Bytes to model and back, one package per wire format; pure."""
