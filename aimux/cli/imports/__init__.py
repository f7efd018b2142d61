"""``aimux config import``: from another gateway's configuration, or from keys that are there already.

found          what was read, in aimux's terms; what is not taken over
vendors        from addresses to presets
ccr            claude-code-router 2 and 3; ccr_rules its routes
litellm        its proxy's YAML
cliproxyapi    its YAML
surroundings   variables of the shell, settings of agents
apart          beside a configuration that is there already
writing        the lines of config.toml
keep           the file and the keys
run            all of it, and what is said
"""
