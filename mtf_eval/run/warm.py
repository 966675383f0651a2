"""Loaded once by the process from which every report's process is forked; see `pool`."""

from mtf_eval.run.pool import rehearse

rehearse()
