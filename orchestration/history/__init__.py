"""History: what was published is kept, and any mart is built again as it was known."""
