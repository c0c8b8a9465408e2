"""`scenarios/*.yaml`: what happens to a plant in a test, and what must come of it."""
