"""Devices without a wire: people enter their values."""
