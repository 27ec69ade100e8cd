'''"It is sealed, so the text can go in as it is." Its first letter becomes the type of a record.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'it is a whole message: one record of the type message'


class Wrong(Sender):
    def records(self, text):
        return [text]


if __name__ == '__main__':
    sys.exit(main(Wrong))
