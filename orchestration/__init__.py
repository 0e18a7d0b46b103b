"""When things run, where files lie, what is checked, what is published."""
