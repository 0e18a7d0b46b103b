"""What the warehouse says, held against what is true."""

from simulation.scorecard.score import Figure, Line, figures_of, score

__all__ = ["Figure", "Line", "figures_of", "score"]
