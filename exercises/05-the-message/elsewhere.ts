/**
 * The same again where other things are different: in a new process, which sees another machine around it, on a Sunday night of
 * the next year.
 *
 * @module
 */
import { secureRandomBytes } from 'symbolon/protocol'
import type { Meetings } from './meetings.ts'
import { impostor, invitation } from './people.ts'
import {
  disagreed,
  endless,
  miscounted,
  type Stories,
  type Story,
  unacknowledged,
  unopened,
} from './stories.ts'
import { arrives, expectRejected, refuses, TEXT } from './trials.ts'

const LATER_SEC = (43 * 24 + 15) * 3600
const WORDS = 'on Sunday, behind the theatre'

/** One of each kind. */
const FEW: Stories = Object.fromEntries(
  [unacknowledged, miscounted, endless, unopened, disagreed].map(
    (stories) => Object.entries(stories)[0] as [string, Story],
  ),
)

/** @throws Missing when something is otherwise there. */
export async function elsewhere(meetings: Meetings): Promise<void> {
  const { alice } = meetings
  // A command is a new process each time.
  if (alice.isSlow) return
  await alice.restart(LATER_SEC)
  await arrives(meetings, WORDS)
  await refuses(meetings, FEW, 'alice says that it was sent. Where she was tried first she knew better.')
  const stranger = impostor(() => secureRandomBytes(48))
  expectRejected(await meetings.meet(stranger, invitation(), TEXT), 'somebody answered with 48 random bytes')
}
