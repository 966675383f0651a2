"""Effects and outcomes to money, by the GMCA / HM Treasury local-partnership model."""
