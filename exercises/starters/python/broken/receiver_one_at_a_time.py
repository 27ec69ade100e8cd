'''"One after the other." The first may never end.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

import receiver  # noqa: E402
from receiver import Receiver, main  # noqa: E402

BREAKS = 'one channel does not wait for another'


class Now:
    def __init__(self, target, args, daemon):
        self.start = lambda: target(*args)


receiver.threading.Thread = Now


if __name__ == '__main__':
    sys.exit(main(Receiver))
