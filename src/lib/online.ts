/**
 * Asking the KDC who can be reached now. docs/protocol.md §7.3.
 *
 * @module
 */
import { CodecError, TransportError } from './errors.ts'
import { readReply } from './kdc-link/answers.ts'
import { MAX_NAMES } from './mls/kdc-answers.ts'
import type { Session } from './session.ts'

/** One principal, and whether one of its sessions listens or waits. */
export type Reachability = {
  readonly username: string
  readonly online: boolean
}

/** A KDC that goes on for longer has no end. At its page size it is a million names. */
const MAX_PAGES = 1000
const MAX_NAMES_LISTED = 1_000_000

type Asking = Pick<Session, 'request'>

/**
 * Of each of these names, in their order, whether it can be reached. A name without an account cannot be.
 *
 * @param usernames - as `parseUsername` gives them, each once.
 * @throws CodecError `malformed`; what `Session.request` throws.
 */
export async function* reachabilityOf(
  session: Asking,
  usernames: readonly string[],
): AsyncGenerator<Reachability> {
  for (let i = 0; i < usernames.length; i += MAX_NAMES) {
    const asked = usernames.slice(i, i + MAX_NAMES)
    const { users } = await ask(session, { usernames: asked })
    const online = new Map(users.map((user) => [user.username, user.online]))
    for (const username of asked) yield { username, online: online.get(username) === true }
  }
}

/**
 * Everybody who can be reached, by name.
 *
 * @throws as `reachabilityOf`; TransportError `kdc_failed` when the list has no end.
 */
export async function* everybodyOnline(session: Asking): AsyncGenerator<Reachability> {
  let after: string | undefined
  let count = 0
  for (let pages = 0; pages < MAX_PAGES && count < MAX_NAMES_LISTED; pages++) {
    const { users, more } = await ask(session, after === undefined ? {} : { after })
    yield* users
    count += users.length
    const last = users.at(-1)?.username
    if (!more) return
    // A page that leads nowhere would have us ask for ever.
    if (last === undefined || (after !== undefined && last <= after))
      throw new CodecError('reply to /users/online: the names lead nowhere')
    after = last
  }
  throw new TransportError('kdc_failed', `the KDC lists names without an end: these are the first ${count}`)
}

async function ask(session: Asking, body: Record<string, unknown>) {
  return readReply('/users/online', await session.request('/users/online', body))
}
