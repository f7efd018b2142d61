"""Routing in virtual time: traces of requests, a world that answers them, and what came of it."""
