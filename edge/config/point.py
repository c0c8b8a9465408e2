"""What every driver's point model is: what a tag says that only its driver understands."""

from __future__ import annotations

from edge.config.values import FileModel


class Point(FileModel):
    """A driver's point model derives from this, and says which of its values are no numbers."""

    @property
    def is_switch(self) -> bool:
        """On or off: nothing to scale, and no reading of it is outside a range."""
        return False

    @property
    def is_text(self) -> bool:
        """Its samples are texts."""
        return False
