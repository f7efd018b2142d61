"""aimux as a service of the user: a systemd user unit, or a launchd agent on macOS."""
