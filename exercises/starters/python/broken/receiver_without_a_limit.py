'''"Who would send so much?" Whoever wants the memory to be full.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

import receiver  # noqa: E402
from receiver import Receiver, main  # noqa: E402

BREAKS = 'half a message is not shown, and a message has a longest length'


class Wrong(Receiver):
    pass


receiver.MAX_MESSAGE = 2**40


if __name__ == '__main__':
    sys.exit(main(Wrong))
