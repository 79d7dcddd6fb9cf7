"""What was measured: stations, tables, "why this number", and a person's corrections."""
