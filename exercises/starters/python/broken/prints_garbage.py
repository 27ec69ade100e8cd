'''"Show me everything." All of it, for ever.'''

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'alice logs in, asks for bob, and dials once, where the KDC says'


class Wrong(Sender):
    def opening(self):
        while True:
            print(os.urandom(1000))


if __name__ == '__main__':
    sys.exit(main(Wrong))
