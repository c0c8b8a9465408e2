"""A tag's way to where it is: what it showed at the end of each of the last minutes, and now. A card's trend is drawn of it."""

from __future__ import annotations

#: Minutes that are kept of each tag.
TRAIL_MINUTES = 15

#: Oldest first, the newest value last; NaN where there was none, or a bad one. Empty: nothing is known of the tag.
Trail = tuple[float, ...]
