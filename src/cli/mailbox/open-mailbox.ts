/**
 * What waits at the KDC, for the tools: messages to those who were away, and groups. docs/protocol.md §7.
 *
 * @module
 */

import { Mailbox } from '../../lib/mls/mailbox.ts'
import type { Notice } from '../../lib/mls/notices.ts'
import type { PostToKdc } from '../../lib/mls/post.ts'
import { decodeIdentity } from '../../lib/mls/state/identity.ts'
import { KEYS } from '../../lib/mls/state/store-keys.ts'
import { followHints, type PollPace } from '../../lib/pacing/poll-pace.ts'
import type { Session } from '../../lib/session.ts'
import { ClientState } from '../../state/client-state.ts'
import { stateDirectory } from '../../state/places.ts'
import { stateDir } from '../paths.ts'
import type { Output } from '../terminal/output.ts'

/** What works on somebody's mail needs of it. */
export type MailboxAccess = Pick<MailboxHandle, 'username' | 'post' | 'use'>

/** One principal's mail. */
export class MailboxHandle {
  readonly #session: Session
  readonly #output: Output
  readonly #state: ClientState

  private constructor(session: Session, output: Output, state: ClientState) {
    this.#session = session
    this.#output = output
    this.#state = state
  }

  /**
   * Opens what this principal keeps here, making it the first time.
   *
   * @throws StateError, FileError.
   */
  static async open(session: Session, output: Output): Promise<MailboxHandle> {
    const directory = stateDirectory(stateDir(), session.kdcKey, session.username)
    return new MailboxHandle(session, output, await ClientState.open(directory, session.exportKey))
  }

  /**
   * Does a piece of work with the mailbox, while no other tool of this principal can.
   *
   * @throws StateError `state_busy` and as `open`; what `work` and `Mailbox.open` throw.
   */
  async use<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const { username, clock } = this.#session
    const state = await this.#state.hold()
    try {
      const onNotice = (notice: Notice) => this.#tell(notice)
      return await work(await Mailbox.open({ username, post: this.post, state, clock, onNotice }))
    } finally {
      await state.close()
    }
  }

  /** Whose it is. */
  get username(): string {
    return this.#session.username
  }

  /** A sealed request, for what takes longer than others of our tools can wait: files. */
  readonly post: PostToKdc = (path, body) => this.#session.request(path, body)

  /** Whether there is an identity here that others know, one that is yet to be published, or none. */
  async identity(): Promise<'published' | 'made' | 'none'> {
    const bytes = await this.#state.withState((store) => store.get(KEYS.identity), { waitMs: 0 })
    if (!bytes) return 'none'
    return decodeIdentity(bytes).published ? 'published' : 'made'
  }

  /**
   * When something may have come, again and again, until `signal` ends it: the KDC says no more than that, and an attacker on the way could
   * say as much.
   *
   * @param pace - how often that is heeded.
   */
  arrivals(signal: AbortSignal, pace: PollPace): AsyncGenerator<void> {
    // Not what an event says that it goes up to: that could be beyond all that will ever come.
    return followHints((ended) => this.#session.events('/mailbox/wait', { after: 0 }, ended), pace, signal)
  }

  /** Lets go of it. */
  close(): Promise<void> {
    return this.#state.close()
  }

  #tell({ code, text, ...fields }: Notice): void {
    this.#output.event(code, fields, `${placeOf(fields, text)}${text}`)
  }
}

// Which group or conversation it is about, unless the words say so.
function placeOf({ group, username }: Pick<Notice, 'group' | 'username'>, text: string): string {
  if (group !== undefined) return `${group}: `
  return username === undefined || text.includes(username) ? '' : `with ${username}: `
}
