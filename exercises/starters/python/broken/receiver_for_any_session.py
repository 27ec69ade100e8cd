'''"It opens, so it is for me." What it says about the session is part of it, and was not looked at.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, Refused, main  # noqa: E402

BREAKS = 'a ticket of another length, version or session is refused'


class Wrong(Judge):
    def judge(self, ticket):
        header, salt = ticket[:49], ticket[17:49]
        if ticket[0] != 1:
            raise Refused('ticket_version')
        fields = self.fields(self.open(header, salt, ticket[49:]))
        if fields['receiver'] != self.username:
            raise Refused('ticket_not_for_us')
        self.judge_time(fields)
        self.remember(salt, fields['expires_at'])
        return fields


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
