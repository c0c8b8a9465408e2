"""`andon config explain`: which value is in force and where it comes from."""
