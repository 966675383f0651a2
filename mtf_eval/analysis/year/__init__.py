"""What a year or half-year gathers over projects."""
