"""A simulated Sparkplug edge node with devices, by its own hand: shares nothing with the driver it is read by."""
