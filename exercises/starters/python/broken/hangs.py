'''"Bob will come back." A connection that was closed does not.'''

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, frame, main  # noqa: E402

BREAKS = 'an impostor gets nothing, and alice is told'


class Wrong(Sender):
    def shake_hands(self):
        handshake = self.handshake()
        self.line.write(self.opening() + frame(handshake.write()))
        while not (answer := self.line.socket.recv(50)):
            time.sleep(0.1)
        handshake.read(answer[2:])
        return handshake.split()


if __name__ == '__main__':
    sys.exit(main(Wrong))
