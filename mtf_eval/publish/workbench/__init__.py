"""What an analyst works with in a notebook: results that show themselves."""
