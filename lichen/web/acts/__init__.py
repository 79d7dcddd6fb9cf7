"""Acts: every change a person makes, with who, why and when, sealed in the ledger's second log."""
