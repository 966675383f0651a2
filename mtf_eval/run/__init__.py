"""What drives: the plan, the processes, the batch and the command line."""
