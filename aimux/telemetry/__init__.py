"""What happened: logs, and later metrics and the ledger."""
