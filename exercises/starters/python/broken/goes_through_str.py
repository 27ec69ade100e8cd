'''"Bytes are text, text is bytes." Not these: NFC makes others of them.'''

import sys
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'the text arrives as it is, to the last space'


class Wrong(Sender):
    def records(self, text):
        return super().records(unicodedata.normalize('NFC', text.decode()).encode())


if __name__ == '__main__':
    sys.exit(main(Wrong))
