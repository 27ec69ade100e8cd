'''"The ticket proves who I am." A ticket can be copied from the line; and now anybody can be bob.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402
from noise import Handshake  # noqa: E402

BREAKS = 'the handshake is bound to the ticket, and to the secret'


class Wrong(Sender):
    def handshake(self):
        return Handshake(self.prologue(), bytes(32), initiator=True)


if __name__ == '__main__':
    sys.exit(main(Wrong))
