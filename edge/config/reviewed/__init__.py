"""`rules/reviewed.yaml`: what was reviewed, and how what is running differs from it."""
