"""Replay: plays a recording as if a device were there."""
