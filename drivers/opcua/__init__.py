"""OPC UA: reads or subscribes to nodes of a server, and hears its alarms and conditions."""
