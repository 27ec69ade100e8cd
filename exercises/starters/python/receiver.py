#!/usr/bin/env python3
"""Yours: receives texts. `receiver.py KDC USERNAME`: exercises/starters/README.md."""

import json
import os
import socket
import sys
import threading

from kdc import Refused, Session


def receive(connection: socket.socket, session: Session) -> None:
    """One channel, from its first byte to its end; raises Refused when it is not as agreed."""
    # Replace this line: judge the ticket (§4.3), and speak message 5 (§5). noise.py does the mathematics.
    raise Refused(f'exercise 07: write receive in receiver.py (a connection came for {session.username})')


def show(sender: str, text: str) -> None:
    """One line for every message."""
    print(json.dumps({'from': sender, 'text': text}), flush=True)


def serve(connection: socket.socket, session: Session) -> None:
    """A channel that goes wrong ends alone."""
    with connection:
        try:
            receive(connection, session)
        except (Refused, OSError) as error:
            print(f'receiver: refused: {error}', file=sys.stderr, flush=True)


def main() -> int:
    """Serves until it is ended."""
    kdc, username = sys.argv[1:3]
    try:
        session = Session(kdc, username, os.environ['SYMBOLON_PASSWORD'])
        with socket.create_server(('127.0.0.1', 0)) as server:
            session.listen(server.getsockname()[1])
            while True:
                connection, _ = server.accept()
                threading.Thread(target=serve, args=(connection, session), daemon=True).start()
    except (Refused, OSError) as error:
        print(f'receiver: error: {error}', file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
