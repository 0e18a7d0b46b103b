"""Features out of the warehouse, through `ml`, back into the schema `ml`."""
