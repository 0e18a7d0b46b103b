"""Companies to try: a folder each with its rapport.yml, and extracts or where to get them."""
