"""Surveys at entry and exit."""
