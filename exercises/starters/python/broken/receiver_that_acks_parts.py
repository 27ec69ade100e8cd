'''"Each piece that comes gets its ack." An ack counts messages.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import ACK, PART, Receiver, main, record  # noqa: E402

BREAKS = 'what alice says is shown as it is, and then acknowledged'


class Wrong(Receiver):
    def take(self, kind, body):
        super().take(kind, body)
        if kind == PART:
            self.handled += 1
            self.say(record(ACK, self.handled.to_bytes(8, 'big')))


if __name__ == '__main__':
    sys.exit(main(Wrong))
