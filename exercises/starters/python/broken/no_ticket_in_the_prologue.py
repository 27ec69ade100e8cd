'''"The ticket is sealed, it needs no more." Another one could be put in its place.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'the handshake is bound to the ticket, and to the secret'


class Wrong(Sender):
    def prologue(self):
        return b'symbolon/1 channel'


if __name__ == '__main__':
    sys.exit(main(Wrong))
