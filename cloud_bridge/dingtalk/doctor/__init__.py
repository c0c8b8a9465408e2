"""`andon cloud doctor`: what is wrong between this plant and DingTalk, and what to click. Nobody's phone notices it.

findings   what is looked at, and what can come of it      pure
heard      what an answer says, or that none came          pure
probes     the harmless call for each permission           pure
visit      the calls, one after the other
report     the findings for people and for programs        pure
"""
