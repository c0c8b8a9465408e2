"""The demonstration: the bundled plant with simulated devices, a broker and the stand-in cloud, and its story as it happens."""
