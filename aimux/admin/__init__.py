"""The admin API: its shapes, its server and its client."""
