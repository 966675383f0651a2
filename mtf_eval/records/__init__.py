"""What we read: tables, their checks, and dated reference values."""
