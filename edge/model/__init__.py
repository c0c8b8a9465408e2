"""The nouns of the gateway: standard library and NumPy types only, no behaviour that needs a clock or a socket."""
