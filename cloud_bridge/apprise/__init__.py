"""E-mail, WeCom, Lark, Slack, Teams, SMS gateways and the rest that apprise knows: plain messages, one way."""
