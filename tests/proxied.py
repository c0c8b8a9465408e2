"""What a program does under a proxy of the environment. It runs by itself: an environment is that of a whole process."""

from __future__ import annotations

import asyncio
import os
import sys


async def told_under_proxy(program: str, proxy: str) -> str:
    """What the program prints, with HTTP_PROXY and HTTPS_PROXY set in its environment alone."""
    inherited = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    ran = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        stdout=asyncio.subprocess.PIPE,
        env={**inherited, "http_proxy": proxy, "https_proxy": proxy},
    )
    async with asyncio.timeout(30):
        told, _ = await ran.communicate()
    return told.decode()
