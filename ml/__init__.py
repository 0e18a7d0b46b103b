"""What the data foretells: DataFrame in, DataFrame or fitted estimator out."""
