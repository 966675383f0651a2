"""Tables of results, their columns, findings and what may be claimed."""
