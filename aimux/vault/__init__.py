"""Where keys live, and the only code that reads them."""
