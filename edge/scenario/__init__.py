"""The same gateway on virtual time, with devices and the cloud in memory: what `andon test` runs."""
