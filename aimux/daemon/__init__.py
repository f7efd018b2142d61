"""The process: one instance, its start, its signals, its reload and its end."""
