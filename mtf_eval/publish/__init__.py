"""What leaves: the disclosure door, charts, elements of a notebook, pages."""
