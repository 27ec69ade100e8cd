/**
 * `receiver NAME --once`: waits for one thing, and ends.
 *
 * @module
 */

import { followMailbox } from '../../lib/mls/follow-mailbox.ts'
import type { Presence } from '../../lib/presence.ts'
import type { Session } from '../../lib/session.ts'
import { UsageError } from '../errors.ts'
import type { OptionHelp } from '../terminal/help.ts'
import { type ListenAddress, listenAt } from './listen.ts'
import { Once } from './once.ts'
import { tellingTrouble } from './stored-messages.ts'
import type { ReceiveSettings } from './transfer.ts'

/** The option, for `parseArguments`. */
export const ONCE_OPTION = { once: { type: 'boolean' } } as const

export const ONCE_HELP: OptionHelp = ['--once', 'write what comes first to stdout, as it is, and end']

/** @throws UsageError when events are to go where the bytes go. */
export function judgeOnce(values: {
  readonly once?: boolean | undefined
  readonly json?: boolean | undefined
}): void {
  if (values.once && values.json) {
    throw new UsageError('--once and --json do not go together', 'with --once, stdout is for what is sent')
  }
}

/**
 * Takes one thing: the oldest message that waits at the KDC, or else what comes first.
 *
 * @throws the reason of `settings.signal`; ToolError when what was written is incomplete; as `Session.listen`.
 */
export async function receiveOnce(
  session: Session,
  place: ListenAddress,
  settings: ReceiveSettings,
): Promise<void> {
  const { output } = settings
  const once = new Once(settings)
  const over = new AbortController()
  let looked = () => {}
  const hasLooked = new Promise<void>((resolve) => {
    looked = resolve
  })
  const look = async () => {
    try {
      await once.takeWaiting(session.mailbox)
    } finally {
      looked()
    }
    return false
  }
  let presence: Presence | undefined
  const onSessionEnd = () => presence?.hint()
  const { signal } = over
  const watching = followMailbox(session.mailbox, look, { signal, onSessionEnd, ...tellingTrouble(output) })
  try {
    await Promise.race([hasLooked, once.taken])
    if (!once.isBusy) {
      presence = await listenAt(session, output, place, (channel) => once.serve(channel), once.fail)
    }
    await once.taken
  } finally {
    over.abort()
    await watching
    if (presence) await presence.close()
    else await session.logout().catch(() => {})
  }
}
