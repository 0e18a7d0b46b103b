"""Extracts, planted dirt and truth as files."""
