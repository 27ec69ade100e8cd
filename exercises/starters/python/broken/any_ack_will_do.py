'''"An ack is an ack." This one says: I have handled 0 messages.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import ACK, Sender, main  # noqa: E402

BREAKS = "bob's ack counts messages, and alice sent one"


class Wrong(Sender):
    def judge(self, kind, body):
        if kind == ACK and len(body) == 8 and not self.acknowledged:
            body = (1).to_bytes(8, 'big')
        super().judge(kind, body)


if __name__ == '__main__':
    sys.exit(main(Wrong))
