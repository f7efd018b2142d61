"""The hub: one client request from accept to record."""
