"""Given: messages 1 to 3 of docs/protocol.md, in clear, so that everything can be seen."""

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any, Dict

TIMEOUT_SEC = 20


class Refused(Exception):
    """Something did not go as agreed; the text says what."""


def to_base64url(data: bytes) -> str:
    """Without padding (§1)."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def from_base64url(text: str) -> bytes:
    """Refuses what `to_base64url` does not make: padding, white space, stray bits."""
    data = base64.urlsafe_b64decode(text.encode() + b'=' * (-len(text) % 4))
    if to_base64url(data) != text:
        raise Refused('this is not base64url')
    return data


def post(kdc: str, path: str, fields: Dict[str, Any]) -> Dict[str, Any]:
    """Sends the fields as JSON; gives the reply's, or raises Refused with the problem's code (§3.5)."""
    request = urllib.request.Request(
        kdc + path, json.dumps(fields).encode(), {'Content-Type': 'application/json'}
    )
    # A password goes through no proxy.
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(request, timeout=TIMEOUT_SEC) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as problem:
        with problem:
            raise Refused(f'the KDC refused {path}: {json.loads(problem.read())["code"]}') from None
    except (OSError, ValueError) as error:
        raise Refused(f'the KDC does not answer: {error}') from None


class Session:
    """Messages 1 and 2: who has logged in has a token."""

    def __init__(self, kdc: str, username: str, password: str) -> None:
        self.kdc = kdc.rstrip('/')
        self.username = username
        reply = post(self.kdc, '/login', {'username': username, 'password': password})
        self._token = reply['token']
        # How far the KDC's clock is ahead of ours, in seconds: by the KDC's, tickets are good or not.
        self.ahead = reply['time'] - int(time.time())

    @property
    def token(self) -> bytes:
        """The 32 bytes that only this session and the KDC know."""
        return from_base64url(self._token)

    def ask(self, path: str, **fields: Any) -> Dict[str, Any]:
        """A request of this session."""
        return post(self.kdc, path, {'username': self.username, 'token': self._token, **fields})

    def userinfo(self, receiver: str) -> Dict[str, Any]:
        """Message 3; what it gives is message 4 (§3.2)."""
        return self.ask('/userinfo', receiver=receiver)

    def listen(self, port: int) -> None:
        """Says that channels are accepted at this port (§3.3)."""
        self.ask('/listen', port=port)
