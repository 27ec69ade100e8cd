'''"Closing the connection is the end." So is a cut cable.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'alice says her end'


class Wrong(Sender):
    def end(self):
        self.ended = True


if __name__ == '__main__':
    sys.exit(main(Wrong))
