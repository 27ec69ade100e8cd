/** A session's way to its mailbox: opened when it is first needed, and once; shared with other programs of the same principal. */
import { abortable, type WaitOptions } from '../abort.ts'
import type { Clock } from '../clock.ts'
import type { Secret } from '../crypto/secret.ts'
import { followHints, type PollPace } from '../pacing/poll-pace.ts'
import { readIdentities } from './kdc-answers.ts'
import type { Mailbox } from './mailbox.ts'
import type { OnNotice } from './notices.ts'
import { KEYS } from './state/framing.ts'
import { decodeIdentity } from './state/identity.ts'
import type { MailMessage } from './state/stored-message.ts'
import type { SharedState, StateSource, StateStore } from './state-store.ts'
import type { PostToKdc } from './types.ts'

/** What a mailbox needs of a session. */
export interface MailboxSession {
  readonly username: string
  readonly kdcKey: string
  readonly exportKey: Secret
  readonly clock: Clock
  request(path: string, body: Record<string, unknown>, options?: WaitOptions): Promise<unknown>
  events(path: string, body: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<string>
}

/** What works on a principal's messages needs of the handle. */
export type MailboxAccess = Pick<MailboxHandle, 'username' | 'post' | 'use'>

/** The way to the mailbox of a session: its state is held for one piece of work at a time. */
export class MailboxHandle {
  readonly #session: MailboxSession
  readonly #source: StateSource
  readonly #onNotice: OnNotice
  #state: Promise<SharedState> | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @internal `Session.mailbox` is one. */
  constructor(session: MailboxSession, source: StateSource, onNotice: OnNotice) {
    this.#session = session
    this.#source = source
    this.#onNotice = onNotice
  }

  /** Whose it is. */
  get username(): string {
    return this.#session.username
  }

  /** A sealed request, for what takes longer than other programs can wait: files. */
  readonly post: PostToKdc = (path, body) => this.#session.request(path, body)

  /**
   * Does a piece of work with the mailbox, while no other can. Called within itself, it waits for itself in vain.
   *
   * @throws what the state throws (on disk: StateError, FileError); what `work` and `Mailbox.open` throw; the reason of `signal`: what was
   *   begun is ended meanwhile, and what had to wait is not begun.
   */
  use<T>(work: (mailbox: Mailbox) => Promise<T>, options: WaitOptions = {}): Promise<T> {
    const { username, clock } = this.#session
    const { post } = this
    const onNotice = this.#onNotice
    const run = async (state: StateStore) => {
      options.signal?.throwIfAborted()
      // Loaded when it is first needed: it is a third of our files, and what goes directly needs none of them.
      const { Mailbox } = await import('./mailbox.ts')
      return work(await Mailbox.open({ username, post, state, clock, onNotice }))
    }
    return abortable('mailbox.use', options, () => this.#hold(run))
  }

  /**
   * Marks a message as shown, as `Mailbox.markShown` does.
   *
   * @returns false when it was marked before.
   */
  acknowledge(
    { conversation, position }: Pick<MailMessage, 'conversation' | 'position'>,
    options: WaitOptions = {},
  ): Promise<boolean> {
    const mark = async (state: StateStore) => {
      const key = KEYS.unread(conversation, position)
      const isUnread = (await state.get(key)) !== undefined
      if (isUnread) await state.write(new Map([[key, null]]))
      return isUnread
    }
    return abortable('mailbox.acknowledge', options, () => this.#hold(mark))
  }

  /**
   * Makes the mailbox of a principal that has none yet, here or anywhere: an identity and key packages, without which nothing can be
   * stored for this principal. Mostly it finds the mailbox here, and asks nothing of the KDC.
   *
   * Where the KDC has an identity that was made on another machine, that one stays: only `use` takes its place.
   *
   * @throws as `use`: whatever uses the mailbox next makes it then.
   */
  ensure(options: WaitOptions = {}): Promise<void> {
    return abortable('mailbox.ensure', options, () => this.#ensure())
  }

  async #ensure(): Promise<void> {
    if (!(await this.#source.has(this.#session)) && (await this.#isKnown())) return
    const bytes = await this.#hold((state) => state.get(KEYS.identity), { waitMs: 0 })
    if (bytes ? decodeIdentity(bytes).published : await this.#isKnown()) return
    await this.use(async () => {})
  }

  async #isKnown(): Promise<boolean> {
    const { username } = this.#session
    const { identities } = readIdentities(await this.post('/identity/find', { usernames: [username] }))
    return identities.some((identity) => identity.username === username)
  }

  /**
   * When something may have come, again and again, until `signal` ends it: the KDC says no more than that, and an attacker on the way could
   * say as much.
   *
   * @param pace - how often that is heeded.
   * @internal
   */
  arrivals(signal: AbortSignal, pace: PollPace): AsyncGenerator<void> {
    // Not what an event says that it goes up to: that could be beyond all that will ever come.
    return followHints((ended) => this.#session.events('/mailbox/wait', { after: 0 }, ended), pace, signal)
  }

  /** Lets go of the state, when the work under way has ended; what is asked next opens it again. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      const state = await this.#state?.catch(() => undefined)
      this.#state = undefined
      await state?.close()
    })
  }

  #hold<T>(work: (state: StateStore) => Promise<T>, options?: { readonly waitMs?: number }): Promise<T> {
    return this.#inTurn(async () => {
      this.#state ??= this.#source.open(this.#session)
      // What failed is tried anew the next time.
      const opened = await this.#state.catch((error) => {
        this.#state = undefined
        throw error
      })
      const state = await opened.hold(options)
      try {
        return await work(state)
      } finally {
        await state.close()
      }
    })
  }

  // Two in one process would keep each other out for no longer than a state is waited for.
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }
}
