'''"Python says what is wrong." To those who read Python, and with all that stood in the variables.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Refused, Sender, main  # noqa: E402

BREAKS = 'when it fails, alice is told why, with an Error, and it gives no secret away'


class Wrong(Sender):
    def run(self, text):
        try:
            super().run(text)
        except Refused as error:
            raise RuntimeError('it failed') from error


if __name__ == '__main__':
    sys.exit(main(Wrong))
