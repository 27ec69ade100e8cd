'''"Numbers are stored that way." On this machine; on the line the high byte comes first.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import VERSION, Sender, main  # noqa: E402

BREAKS = 'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame'


class Wrong(Sender):
    def opening(self):
        return VERSION + len(self.ticket).to_bytes(2, 'little') + self.ticket


if __name__ == '__main__':
    sys.exit(main(Wrong))
