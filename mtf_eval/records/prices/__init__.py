"""Dated, sourced values and unit costs."""
