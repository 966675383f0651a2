"""What may leave: the rule and its release, and the attacker beside it."""
