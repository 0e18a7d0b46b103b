"""A simulated retailer with known truth: the sample company, the bench and the judge of models."""

GENERATOR_VERSION = "1.0"
