"""Random schedules of one thing alone: what becomes of intents between the response and the phone."""
