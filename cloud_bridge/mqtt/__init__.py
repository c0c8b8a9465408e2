"""MQTT: alarms as events on a broker, and how each one stands on a retained topic of its own."""
