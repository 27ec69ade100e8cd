'''"First a look into the memory." Then a stranger who has seen the salt fills it, and alice's own ticket is the second.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, main  # noqa: E402

BREAKS = 'what is refused has used up nothing'


class Wrong(Judge):
    def judge(self, ticket):
        self.early(ticket[17:49], self.now() + 360)
        return super().judge(ticket)

    def early(self, salt, until):
        Judge.remember(self, salt, until)

    def remember(self, salt, expires_at):
        pass


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
