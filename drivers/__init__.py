"""Drivers: from a device's wire to sample batches."""
