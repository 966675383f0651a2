"""Tables as CSV and Excel."""
