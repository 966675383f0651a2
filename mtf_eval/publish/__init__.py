"""What leaves: the disclosure rule, charts, elements of a notebook, pages."""
