'''"Garbage on the line: skip it." Somebody is on the line, and may try again.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Receiver, Refused, main  # noqa: E402

BREAKS = 'what does not open, or is not as agreed, ends the channel, and nothing of it is shown'


class Wrong(Receiver):
    def hear(self):
        try:
            return list(super().hear())
        except Refused as error:
            if 'cut' in str(error):
                raise
            return []


if __name__ == '__main__':
    sys.exit(main(Wrong))
