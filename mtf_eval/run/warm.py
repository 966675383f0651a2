"""Loaded once by the process from which every report's process is forked; see `pool`."""

import signal

# Ctrl-C reaches every process of a terminal, and what to end is the run's to say: it is held back
# from the start of this process on (`pool`), and means nothing from here.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

from mtf_eval.run.pool import rehearse  # noqa: E402

rehearse()
