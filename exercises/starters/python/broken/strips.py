'''"The line break at the end is the terminal's." Or somebody meant it.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'the text arrives as it is, to the last space'


class Wrong(Sender):
    def records(self, text):
        return super().records(text.strip())


if __name__ == '__main__':
    sys.exit(main(Wrong))
