'''"If message 2 does not check, bob is an older version." Or somebody else.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Refused, Sender, main  # noqa: E402

BREAKS = 'an impostor gets nothing, and alice is told'


class Wrong(Sender):
    def run(self, text):
        try:
            self.sending, self.receiving = self.shake_hands()
        except Refused:
            return
        self.converse(text)

    def converse(self, text):
        for plaintext in self.records(text):
            self.say(plaintext)
        while not (self.acknowledged and self.ended):
            for kind, body in self.hear():
                self.judge(kind, body)


if __name__ == '__main__':
    sys.exit(main(Wrong))
