"""Looking before running: what a plant will ask of its devices, and what a new device says."""
