'''"Sent later, in the background." By a program that has no place to go on.'''

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'the message counts as sent when bob has acknowledged it, and not before'


class Wrong(Sender):
    def hear(self):
        self.acknowledged = self.ended = True
        subprocess.Popen(['sleep', '600'], start_new_session=True)
        return []


if __name__ == '__main__':
    sys.exit(main(Wrong))
