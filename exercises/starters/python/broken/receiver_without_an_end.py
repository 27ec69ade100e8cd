'''"She has said that it is over." And waits to hear it from bob.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Receiver, main  # noqa: E402

BREAKS = 'what alice says is shown as it is, and then acknowledged'


class Wrong(Receiver):
    def finish(self):
        pass


if __name__ == '__main__':
    sys.exit(main(Wrong))
