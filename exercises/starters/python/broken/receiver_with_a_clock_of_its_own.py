'''"I know what time it is." The KDC writes the times, by its clock.'''

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, main  # noqa: E402

BREAKS = 'a ticket is good from its first second to its last, with 60 seconds to spare on both sides'


class Wrong(Judge):
    def now(self):
        return int(time.time())


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
