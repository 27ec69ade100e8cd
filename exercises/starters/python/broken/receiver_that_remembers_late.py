'''"Used is what led to a channel." So whoever has a copy of a ticket may try as often as he likes.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, Receiver, main  # noqa: E402

BREAKS = 'a ticket opens one channel, and no second one'


class Late(Judge):
    def remember(self, salt, expires_at):
        self.pending = (salt, expires_at)


class Wrong(Receiver):
    def shake_hands(self):
        super().shake_hands()
        Judge.remember(self.judge, *self.judge.pending)


if __name__ == '__main__':
    sys.exit(main(Wrong, Late))
