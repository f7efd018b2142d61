"""The configuration: one TOML file, validated completely before anything uses it."""
