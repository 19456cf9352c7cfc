"""Start the demo API and the page, print the page's address, and stop both with Ctrl+C. `make frontend` calls it."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).parent
NODE = "Node 20.19 or newer, with npm"
LOCK, INSTALLED = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
PATIENCE = 60  # seconds


def main() -> None:
    """Run both until one of them ends, or until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5173, help="of the page; the API takes a free one")
    port = parser.parse_args().port
    npm = shutil.which("npm") or fail(f"The page needs {NODE}. Install it, and call `make frontend` again.")
    if is_taken(port):
        fail(f"Port {port} is taken. Choose another one: `make frontend PORT={port + 1}`.")
    install(npm)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    api_port = free_port()
    api_url = f"http://127.0.0.1:{api_port}"
    started = []
    try:
        started.append(start([sys.executable, "-m", "api", "demo", "--port", str(api_port)], HERE.parents[1]))
        vite = [npm, "exec", "--no", "vite", "--", "--port", str(port), "--logLevel", "warn"]
        started.append(start(vite, HERE, AFTERWORD_URL=api_url, VITE_DEMO="1"))
        wait_for(started, [api_port, port])
        print(f"Page:   http://localhost:{port}  (the demo account is filled in)", flush=True)
        print(f"Docs:   http://localhost:{api_port}/docs", flush=True)
        print("Stop with Ctrl+C; this deletes the data.", flush=True)
        while all(process.poll() is None for process in started):
            time.sleep(0.2)
        fail("The API or the page has ended; its messages are above.")
    except KeyboardInterrupt:
        pass
    finally:
        stop(started)


def install(npm: str) -> None:
    """Install the packages of the lock file, unless they are there."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    print("Installing the packages of the page …", flush=True)
    if subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=False).returncode:
        fail(f"npm could not install the packages. Check the network and that this is {NODE}; then try again.")
    INSTALLED.touch()


def start(command: list[str], folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a process with a process group of its own, so that Ctrl+C reaches it only through `stop`."""
    variables = {**os.environ, **environment}
    return subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, start_new_session=True)


def stop(started: list[subprocess.Popen[bytes]]) -> None:
    """End the process groups, and wait for them."""
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in started:
        process.wait(PATIENCE)


def wait_for(started: list[subprocess.Popen[bytes]], ports: list[int]) -> None:
    """Wait until all ports answer. Exits if a process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not all(map(is_taken, ports)):
        if any(process.poll() is not None for process in started) or time.monotonic() > deadline:
            fail("The API or the page did not start; its messages are above.")
        time.sleep(0.1)


def is_taken(port: int) -> bool:
    """Return whether something answers on this port of localhost."""
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return True
    except OSError:
        return False


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def fail(text: str) -> NoReturn:
    """Print one line, and exit with 1."""
    sys.exit(text)


if __name__ == "__main__":
    main()
