"""Databases, APIs and folders elsewhere, fetched into landing/."""
