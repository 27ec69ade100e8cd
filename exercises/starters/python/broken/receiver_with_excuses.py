'''"A caller should be told what is wrong." Who has proved nothing is told nothing.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Receiver, Refused, frame, main  # noqa: E402

BREAKS = 'everything is refused in one way, and only the own log says why, by the first check that failed'


class Wrong(Receiver):
    def shake_hands(self):
        try:
            super().shake_hands()
        except Refused as error:
            self.line.write(frame(str(error).encode()))
            raise


if __name__ == '__main__':
    sys.exit(main(Wrong))
