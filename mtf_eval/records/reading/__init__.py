"""Reading: any source to checked tables."""
