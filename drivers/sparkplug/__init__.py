"""Sparkplug B: hears edge nodes and their devices over a broker, as a host application."""
