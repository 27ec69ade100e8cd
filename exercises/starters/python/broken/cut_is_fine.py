'''"I have my ack." What bob wanted to say next is gone, and alice does not know.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Refused, Sender, main  # noqa: E402

BREAKS = "alice waits for bob's end, and a connection that is cut is an error"


class Wrong(Sender):
    def hear(self):
        try:
            return super().hear()
        except Refused as error:
            if not (self.acknowledged and 'cut' in str(error)):
                raise
            self.ended = True
            return []


if __name__ == '__main__':
    sys.exit(main(Wrong))
