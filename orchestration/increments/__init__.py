"""What has changed since the models were last built, so that a day costs what the day brought."""
