"""Which words a sentence may use: none stronger than the design behind it allows."""

from __future__ import annotations

import re

NEVER = 6  # above the top of the scale
CLAIMS = (
    (NEVER, r"\b(?:proves?|proven|proof|guarantees?d?)\b"),
    (4, r"\b(?:caused|causes|led to|resulted in|brought about|prevented|reduced|cut)\b"),
    (4, r"\b(?:thanks to|due to the project|because of the project)\b"),
    (4, r"\bthe effect of the project\b"),
    (3, r"\bconsistent with an effect\b"),
    (3, r"\bagainst what (?:was|the comparison led us to) expect"),
    (3, r"\b(?:fewer|more)(?: recorded)?(?: incidents)? than expected\b"),
)
# To say that nothing is claimed is no claim.
DENIED = r"\b(?:nothing|not|cannot|never)\b[^.;:]*$"


def overclaims(text: str, maryland: int | None) -> tuple[str, ...]:
    """Return the words that claim more than the level allows; none where all is well.

    `text`: what a reader is to be told. `maryland`: level of the design behind it, 1 to 5; `None`
    where there is no design.
    """
    level = maryland or 0
    found = []
    for needs, words in CLAIMS:
        for claim in re.finditer(words, text, flags=re.IGNORECASE):
            denied = re.search(DENIED, text[: claim.start()], flags=re.IGNORECASE)
            if level < needs and not denied:
                found.append(claim.group(0))
    return tuple(found)
