"""The neutral model: values only, no I/O."""
