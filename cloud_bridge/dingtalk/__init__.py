"""DingTalk (钉钉): cards, robot messages and group webhooks out; presses on cards back in, by Stream mode."""
