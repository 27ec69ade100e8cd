'''"What has come has come." Half a sentence may say the opposite.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Receiver, Refused, main, show  # noqa: E402

BREAKS = 'half a message is not shown, and a message has a longest length'


class Wrong(Receiver):
    def hear(self):
        try:
            return super().hear()
        except Refused:
            if self.parts:
                show(self.ticket['username'], self.parts.decode())
            raise


if __name__ == '__main__':
    sys.exit(main(Wrong))
