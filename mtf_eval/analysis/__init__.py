"""What the records mean: effects, pounds and summaries. Touches no file, clock or global seed."""
