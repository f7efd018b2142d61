"""The coding agents that aimux knows: how each is led here, and how it is left as it was.

    forms         the texts their settings are written in (JSON with comments, TOML, dotenv), edited in place
    plan          what is to be written where, and what was there before
    connection    writes it, and undoes it, by the journal
    journal       ``connections.json``: what stood there before each of our keys
    claude_code, codex, gemini_cli, opencode     variables, settings, arguments, conflicts

Nothing here needs the daemon or the configuration to undo what it did.
"""
