"""The bridge: from the outbox to the collaboration cloud, and the way back."""
