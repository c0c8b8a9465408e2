"""`python -m edge.cli` is `andon`."""

from edge.cli import main

main()
