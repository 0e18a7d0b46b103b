"""One run: its lock, its clock, its record."""
