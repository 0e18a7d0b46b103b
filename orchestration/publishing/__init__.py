"""From a warehouse that passed every gate to files that BI tools read."""
