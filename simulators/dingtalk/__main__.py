"""`python -m simulators.dingtalk`: the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.dingtalk.organisation import LANGUAGES
from simulators.dingtalk.server import run
from simulators.process import add_parent_option


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 stopped as asked, 1 no port to be had, 2 the organisation or the state file is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators.dingtalk",
        description="DingTalk stand-in: API, stream endpoint, and phones to look at. 钉钉替身：接口、长连接与手机页面。",
    )
    parser.add_argument("--port", type=int, default=8380, help="where the gateway calls; 0 takes any (default: %(default)s)")
    parser.add_argument("--control-port", type=int, help="phones and control API, reachable even while the way is cut")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--public-host", default="", help="name by which the gateway reaches this machine")
    parser.add_argument("--organisation", type=Path, help="YAML or JSON file (default: the sample)")
    parser.add_argument("--lang", choices=LANGUAGES, default="zh", help="language of the pages")
    parser.add_argument("--state", type=Path, help="file that keeps chats, cards and the rest over a restart")
    add_parent_option(parser)
    chosen = parser.parse_args(arguments)
    return run(
        port=chosen.port,
        control_port=chosen.control_port,
        host=chosen.host,
        public_host=chosen.public_host,
        organisation=chosen.organisation,
        language=chosen.lang,
        state=chosen.state,
        parent=chosen.parent,
    )


if __name__ == "__main__":
    sys.exit(main())
