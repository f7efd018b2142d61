"""What is known of vendors and models: dated facts, overridable by the configuration."""
