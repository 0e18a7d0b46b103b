"""From files in landing/ to raw tables, losing nothing."""
