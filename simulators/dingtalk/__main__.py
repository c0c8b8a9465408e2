"""`python -m simulators.dingtalk`: the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulators.dingtalk.organisation import LANGUAGES
from simulators.dingtalk.server import run


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.dingtalk",
        description="DingTalk stand-in: API, stream endpoint, and phones to look at. 钉钉替身：接口、长连接与手机页面。",
    )
    parser.add_argument("--port", type=int, default=8380, help="where the gateway calls; 0 = a free one (default 8380)")
    parser.add_argument("--control-port", type=int, help="phones and control API, reachable even while the way is cut")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--public-host", default="", help="name by which the gateway reaches this machine")
    parser.add_argument("--organisation", type=Path, help="YAML or JSON file (default: the sample)")
    parser.add_argument("--lang", choices=LANGUAGES, default="zh", help="language of messages and pages")
    parser.add_argument("--parent", type=int, help="stop when the process with this id has died")
    options = parser.parse_args(arguments)
    return run(
        port=options.port,
        control_port=options.control_port,
        host=options.host,
        public_host=options.public_host,
        organisation=options.organisation,
        language=options.lang,
        parent=options.parent,
        announce=lambda line: print(line, flush=True),
        complain=lambda text: print(text, file=sys.stderr, flush=True),
    )


if __name__ == "__main__":
    sys.exit(main())
