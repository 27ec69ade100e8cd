'''"A frame is a record." A frame has one or more.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'alice hears all that bob says, however it is cut and joined'


class Wrong(Sender):
    def hear(self):
        return super().hear()[:1]


if __name__ == '__main__':
    sys.exit(main(Wrong))
