"""Post the events of an Afterword webhook into a chat room with an incoming webhook (Slack, Mattermost, Rocket.Chat).

    CHAT_URL=https://chat.example.com/hooks/… SECRET=whsec_… python examples/chat_webhook.py

It listens on port 8787. Put a proxy with https in front of it, and give the proxy's address to `POST /v1/webhooks`.
"""

import base64
import hmac
import json
import os
import queue
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHAT_URL, SECRET = os.environ["CHAT_URL"], base64.b64decode(os.environ["SECRET"].removeprefix("whsec_"))
EVENTS: queue.Queue[dict[str, Any]] = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    """Takes events: answers first, and leaves the work to a thread."""

    def do_POST(self) -> None:
        """Answer 204 to a signed event, 401 to anything else."""
        body = self.rfile.read(min(int(self.headers["content-length"] or 0), 65_536))
        is_signed = self.is_signed(body)
        self.send_response(204 if is_signed else 401)
        self.end_headers()
        if is_signed:
            EVENTS.put(json.loads(body))

    def is_signed(self, body: bytes) -> bool:
        """Tell whether one of the signatures is ours, and not older than five minutes."""
        id_, at = self.headers["webhook-id"] or "", self.headers["webhook-timestamp"] or ""
        mine = "v1," + base64.b64encode(hmac.digest(SECRET, f"{id_}.{at}.".encode() + body, "sha256")).decode()
        sent = (self.headers["webhook-signature"] or "").split()
        is_recent = at.isdecimal() and abs(time.time() - int(at)) < 300
        return is_recent and any(hmac.compare_digest(mine, one) for one in sent)


def post_to_chat() -> None:
    """Post each event once: the same id may come twice."""
    seen: list[str] = []
    while event := EVENTS.get():
        if event["id"] not in seen:
            seen = [*seen[-999:], event["id"]]
            about, step = event["data"].get("application", {}), event["data"].get("step", {})
            text = f"{about.get('company', '')}: {event['type']} {step.get('step', '')}".strip()
            body = json.dumps({"text": text}).encode()
            urllib.request.urlopen(urllib.request.Request(CHAT_URL, body, {"content-type": "application/json"})).close()


threading.Thread(target=post_to_chat, daemon=True).start()
ThreadingHTTPServer(("", int(os.environ.get("PORT", "8787"))), Receiver).serve_forever()
