#!/usr/bin/env python3
"""Yours: sends one text. `sender.py KDC USERNAME RECEIVER` with the text on standard input: exercises/starters/README.md."""

import os
import sys

from kdc import Refused, Session


def send(session: Session, receiver: str, text: bytes) -> None:
    """Returns when the receiver has acknowledged the text and said its end; raises Refused in every other case."""
    # Message 3, and message 4: where the receiver is, the secret, and the ticket (§3.2).
    answer = session.userinfo(receiver)
    # Replace this line: read message 4, and speak message 5 (§5). noise.py does the mathematics.
    raise Refused(f'exercise 05: write send in sender.py ({len(answer)} fields came, {len(text)} bytes are to be sent)')


def main() -> int:
    """0 when the text was sent."""
    kdc, username, receiver = sys.argv[1:4]
    text = sys.stdin.buffer.read()
    try:
        send(Session(kdc, username, os.environ['SYMBOLON_PASSWORD']), receiver, text)
    except (Refused, OSError) as error:
        print(f'sender: error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
