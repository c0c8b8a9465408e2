"""The thin shell: clocks, tasks and queues around the pure parts."""
