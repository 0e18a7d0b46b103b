"""The assets, checks, job, schedule and sensor that Dagster shows and runs."""
