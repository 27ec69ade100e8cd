'''"I know what time it is." The KDC writes the times, by its clock.'''

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, main  # noqa: E402

BREAKS = "a ticket is good as long as it says, by the KDC's clock, and a minute more on both sides"


class Wrong(Judge):
    def now(self):
        return int(time.time())


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
