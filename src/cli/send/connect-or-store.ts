/**
 * A receiver who is away, for whom a message waits at the KDC.
 *
 * @module
 */
import { utf8 } from '../../lib/bytes.ts'
import type { Channel } from '../../lib/channel/channel.ts'
import { ProtocolError, SymbolonError } from '../../lib/errors.ts'
import { kindOf } from '../../lib/mls/payload.ts'
import type { Session } from '../../lib/session.ts'
import { leaveMessage } from '../mailbox/messages.ts'
import { MailboxHandle } from '../mailbox/open-mailbox.ts'
import type { Output } from '../terminal/output.ts'

// Nobody is there, or nobody who could prove to be the receiver: nothing was said yet.
const AWAY = ['receiver_offline', 'peer_unreachable', 'peer_silent', 'handshake_failed']

/** A channel to the receiver, or why there is none: the receiver is away. */
export type Reached = { readonly channel: Channel } | { readonly away: unknown }

/**
 * Opens a channel, if the receiver is there.
 *
 * @param mayStore - what is sent may wait at the KDC instead.
 * @throws as `Session.connect`; also that the receiver is away, when nothing may wait.
 */
export async function reach(session: Session, receiver: string, mayStore: boolean): Promise<Reached> {
  try {
    return { channel: await session.connect(receiver) }
  } catch (error) {
    if (!mayStore || !isAway(error)) throw error
    return { away: error }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof SymbolonError && AWAY.includes(error.code)
}

/**
 * Leaves one message with the KDC, which cannot read it, and says so.
 *
 * @param away - why it was not delivered.
 * @throws as `MailboxHandle.open` and `leaveMessage`; `away` for somebody who has never been here: there are no keys to encrypt it with.
 */
export async function store(
  session: Session,
  output: Output,
  receiver: string,
  message: string | Uint8Array,
  away: unknown,
): Promise<void> {
  const mail = await MailboxHandle.open(session, output)
  try {
    await mail.use(async (mailbox) => {
      await mailbox.sync()
      const bytes = typeof message === 'string' ? utf8(message) : message
      await leaveMessage(mailbox, output, { with: receiver }, bytes, kindOf(bytes))
    })
  } catch (error) {
    const hasNone = error instanceof ProtocolError && error.code === 'receiver_unknown'
    throw hasNone ? withoutMailbox(away, receiver) : error
  } finally {
    await mail.close()
  }
  output.event('stored', { to: receiver }, `stored for ${receiver}, who is away`)
}

function withoutMailbox(away: unknown, receiver: string): unknown {
  if (!(away instanceof ProtocolError && away.code === 'receiver_offline')) return away
  const why = `${receiver} is not listening anywhere, and nothing can wait for one who has never logged in`
  return new ProtocolError('receiver_offline', why, { cause: away })
}
