'''"Two seconds without a complaint: bob has it." Or he is off.'''

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'the message counts as sent when bob has acknowledged it, and not before'


class Wrong(Sender):
    def hear(self):
        self.line.socket.settimeout(2)
        try:
            return super().hear()
        except socket.timeout:
            self.acknowledged = self.ended = True
            return []


if __name__ == '__main__':
    sys.exit(main(Wrong))
