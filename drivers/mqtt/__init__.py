"""MQTT: subscribes to topics and takes values out of their payloads."""
