"""Webhooks: alarms as signed HTTP requests, for an MES, an andon board, or a low-code tool."""
