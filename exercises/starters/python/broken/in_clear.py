'''"After the handshake the connection is secure." A connection never is; what one seals is.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, frame, main  # noqa: E402

BREAKS = 'neither the text nor the secret can be read on the line'


class Wrong(Sender):
    def say(self, plaintext):
        self.line.write(frame(plaintext))


if __name__ == '__main__':
    sys.exit(main(Wrong))
