"""What drives: the plan, the processes, the batch and the command line."""

import sys

# Half of what an import of nbformat takes is a grammar that checks web addresses, which a notebook
# has none of; jsonschema does without when it is not there.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
