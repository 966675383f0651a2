"""What is on record and what is not, for incidents and for the task force's own tables."""

from mtf_eval.records.coverage.declarations import check, force_key, kept
from mtf_eval.records.coverage.gaps import Coverage, Gap, named, some, whole_months
from mtf_eval.records.coverage.messages import log_noticed, noticed
from mtf_eval.records.coverage.on_record import coverage_of

__all__ = [
    "Coverage", "Gap", "check", "coverage_of", "force_key", "kept", "log_noticed", "named",
    "noticed", "some", "whole_months",
]  # fmt: skip
