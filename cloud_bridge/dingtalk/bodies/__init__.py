"""Requests and what their answers hold, a file a family of DingTalk's calls. Pure."""
