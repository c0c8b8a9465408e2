"""The history: samples of the last days in Parquet segments and in memory, and what they showed."""
