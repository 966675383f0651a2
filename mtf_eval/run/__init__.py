"""What drives: the plan, the kernels, the batch and the command line."""
