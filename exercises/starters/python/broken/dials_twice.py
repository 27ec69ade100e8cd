'''"First see whether anybody is there." Bob takes a ticket once, and a connection is a question, too.'''

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'alice logs in, asks for bob, and dials once, where the KDC says'


class Wrong(Sender):
    def __init__(self, line, ticket, secret):
        super().__init__(line, ticket, secret)
        socket.create_connection(line.socket.getpeername()).close()


if __name__ == '__main__':
    sys.exit(main(Wrong))
