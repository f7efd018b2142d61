"""What single fields of a request say, format by format; :mod:`aimux.routing.features` has them all."""
