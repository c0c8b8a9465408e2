"""Modbus TCP: polls coils, discrete inputs, holding and input registers."""
