"""Made up, for a test."""
