'''"A message is a record." A record has two bytes for its length.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import MESSAGE, Sender, main, record  # noqa: E402

BREAKS = 'a long message arrives whole'


class Wrong(Sender):
    def records(self, text):
        return [record(MESSAGE, text)]


if __name__ == '__main__':
    sys.exit(main(Wrong))
