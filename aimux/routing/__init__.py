"""Pure decisions: which provider answers, in which order, and what a failure means."""
