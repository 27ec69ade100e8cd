/** A principal's side of everything: log in, open channels to others, be reachable. */
import { abortable, untilAborted, type WaitOptions } from './abort.ts'
import type { Channel } from './channel/channel.ts'
import { type ConnectOptions, connect } from './channel/connect.ts'
import {
  CONNECT_OPTIONS,
  judgeArgument,
  judgeLogin,
  judgeMessage,
  judgeOptions,
  LISTEN_OPTIONS,
  PLACE_OPTIONS,
  SEND_OPTIONS,
} from './check-options.ts'
import type { Clock } from './clock.ts'
import {
  type SendFileOptions,
  type SendOptions,
  type SendResult,
  sendFile,
  sendMessage,
} from './connect-or-store.ts'
import type { Secret } from './crypto/secret.ts'
import { CodecError, SymbolonError } from './errors.ts'
import { Groups } from './groups.ts'
import { type ListenAnswer, readReply, type SessionInfo, type UserinfoAnswer } from './kdc-link/answers.ts'
import { KdcLink } from './kdc-link/kdc-link.ts'
import type { Conversation, Mailbox, MailMessage } from './mls/mailbox.ts'
import { MailboxHandle } from './mls/mailbox-handle.ts'
import { memoryStateStore } from './mls/state-store.ts'
import { parseUsername } from './names.ts'
import { judgeDestination, looksLikeText } from './network/destination.ts'
import { type PathOrSource, sourceFrom } from './paths.ts'
import { type Announcement, Presence, type PresenceOptions } from './presence.ts'
import { type MessagesOptions, type ReceivedMessage, receiveMessages } from './receive.ts'
import { type LoginOptions, type LoginSource, RenewableLogin } from './renewable-login.ts'
import type { Trace } from './trace.ts'

/**
 * Logs in, without showing the password to the KDC: OPAQUE. Everything afterwards is sealed with the token that this gives.
 *
 * @param kdc - the KDC's URL, such as `http://127.0.0.1:8800`.
 * @throws ProtocolError `login_refused`, `invalid_name`, `request_refused`, and what `judgeKey` throws; TransportError
 *   `kdc_unreachable`, `kdc_busy`, `kdc_failed`; CodecError `malformed` for an answer that is none; TypeError when `kdc`
 *   is no URL.
 * @example
 * const alice = await login('http://127.0.0.1:8800', 'alice', password)
 * const channel = await alice.connect('bob')
 * await channel.send('hello')
 */
export async function login(
  kdc: string,
  username: string,
  password: LoginSource,
  options: LoginOptions = {},
): Promise<Session> {
  judgeLogin('login', kdc, username, password, options)
  const name = parseUsername(username)
  options.signal?.throwIfAborted()
  const link = await KdcLink.open(kdc, name, options)
  const renewable = new RenewableLogin(name, password, link, options)
  const session = new Session(renewable, options)
  try {
    await session.renew(undefined, { signal: options.signal })
  } catch (error) {
    await renewable.close()
    throw error
  }
  return session
}

/** How to change a password. */
export interface ChangePasswordOptions extends WaitOptions {
  /**
   * Told of the new password's export key before the KDC has the new record; if it throws, the password stays. A program that has
   * sealed something under the old export key seals it under the new one too, and lets go of the old only when
   * `changePassword` has resolved. If it rejects, either password may hold: keep both. The key is the session's: not to be
   * kept or wiped.
   */
  readonly onNewExportKey?: (exportKey: Secret) => void | Promise<void>
}

/** Tickets asked for, one after the other, where they have text in them. */
const MAX_TICKETS = 3

/**
 * One login of one principal. It lasts until `expiresAt`, `logout`, or the KDC ends it.
 *
 * When it turns out to be over, whatever is asked next logs in once more and asks again, as the same request. All that is asked throws
 * TransportError when no answer came that the KDC has sealed: then it may or may not have happened.
 */
export class Session {
  /** The way to stored messages: for what builds on a session. */
  readonly mailbox: MailboxHandle
  /** The groups that this principal is in. */
  readonly groups: Groups
  readonly #login: RenewableLogin
  readonly #trace: Trace | undefined
  #isReceiving = false
  readonly #closed = new AbortController()

  /** @internal Use `login`. */
  constructor(login: RenewableLogin, options: Pick<LoginOptions, 'trace' | 'state' | 'onNotice'>) {
    this.#login = login
    this.#trace = options.trace
    const { state = memoryStateStore(), onNotice = () => {} } = options
    this.mailbox = new MailboxHandle(this, state, onNotice)
    this.groups = new Groups(this.mailbox)
  }

  /** Whose it is, in lower case. */
  get username(): string {
    return this.#login.username
  }

  /** The session token. */
  get token(): Secret {
    return this.#login.current.token
  }

  /**
   * OPAQUE's export_key (RFC 9807 §10.4), 64 bytes: what only a client with the password can make, with the KDC's help, for
   * sealing what is kept on this machine. It stays the same until the password is set anew.
   */
  get exportKey(): Secret {
    return this.#login.current.exportKey
  }

  /** The KDC's public key, 32 bytes in base64url: who it is, whatever its address. */
  get kdcKey(): string {
    return this.#login.current.kdcKey
  }

  /** When the session ends, in Unix seconds by the KDC's clock. */
  get expiresAt(): number {
    return this.#login.current.expiresAt
  }

  /** The KDC's clock, as its last answer told it: what tickets are judged by. */
  get clock(): Clock {
    return this.#login.kdc.clock
  }

  /**
   * Logs in again: a new session with a new token. While one login is under way, another is the same.
   *
   * @param claim - the error that says that this session is over, if that is why. Without the KDC's seal it is doubted when it comes again
   *   and again: then it is thrown, and nothing else happens.
   * @throws as `login`; the reason of `signal`.
   */
  renew(claim?: unknown, options: WaitOptions = {}): Promise<void> {
    return abortable('renew', options, () => this.#login.renew(claim))
  }

  /**
   * Sends a message to one other: directly, if the receiver can be reached, or else by way of the KDC, which cannot read it and keeps it for
   * seven days.
   *
   * @param message - text is sent as UTF-8, bytes as they are; at most 1 MiB.
   * @returns which way, once the receiver has acknowledged it, or the KDC has it.
   * @throws ProtocolError `receiver_unknown`, `receiver_offline`, `message_too_large`, `invalid_name`, `member_unverified`; TransportError
   *   `peer_unreachable`, `peer_silent`, `quota_exceeded`, `kdc_unreachable`: it was not sent. TransportError `outcome_unknown`: it may or may not
   *   have arrived; one that was to be stored is kept, and sent again with whatever uses the mailbox next. The reason of `signal`; TypeError.
   * @example const { route } = await alice.send('bob', 'hi')
   */
  async send(receiver: string, message: string | Uint8Array, options: SendOptions = {}): Promise<SendResult> {
    judgeArgument('send: receiver', receiver, 'string')
    judgeMessage('send', message)
    judgeOptions('send', options, SEND_OPTIONS)
    return sendMessage(this, this.mailbox, parseUsername(receiver), message, options)
  }

  /**
   * Sends a file or a directory to one other: directly, if the receiver can be reached and takes files, or else, up to 268 MB and no
   * directory, by way of the KDC. What was cut goes on from there when it is sent again.
   *
   * @param file - a path, or where else it comes from.
   * @returns which way, once the receiver has saved it, or the KDC has it.
   * @throws FileError `file_not_readable`; ProtocolError `file_changed`, `file_refused`, `files_not_taken`, `file_too_large`,
   *   `transfer_too_large`, and as `send`.
   * @example await alice.sendFile('bob', 'report.pdf', { onProgress: ({ bytes, size }) => … })
   */
  async sendFile(receiver: string, file: PathOrSource, options: SendFileOptions = {}): Promise<SendResult> {
    judgeArgument('sendFile: receiver', receiver, 'string')
    judgeOptions('sendFile', options, { ...SEND_OPTIONS, onProgress: 'function' })
    const name = parseUsername(receiver)
    options.signal?.throwIfAborted()
    return sendFile(this, this.mailbox, name, await sourceFrom('sendFile: file', file), options)
  }

  /**
   * All that others send, directly and by way of the KDC, in groups too: what was stored first, and of each sender in the order in which it was
   * sent. A message is acknowledged when the next one is asked for: to its sender, or here, so that it does not come again. One that was
   * not, because the program ended or left the loop, comes again if it was stored; if it was sent directly, its sender hears so.
   *
   * Meanwhile this principal can be reached. One loop at a time; it ends with the session, too.
   *
   * @throws ProtocolError `kdc_key_changed`; StateError `state_damaged`, `state_locked`; as `listen`. What may be better after a while is
   *   tried again, and told to `onChange`. TypeError.
   * @example for await (const { from, text } of alice.messages({ signal })) console.log(`${from}: ${text}`)
   */
  messages(options: MessagesOptions = {}): AsyncGenerator<ReceivedMessage, void, undefined> {
    judgeArgument('messages: options', options, 'object')
    const { listen } = options
    judgeOptions('messages', options, {
      signal: 'signal',
      listen: listen === false ? 'boolean' : 'object',
      maxFileBytes: 'count',
      onChange: 'function',
    })
    if (listen) {
      judgeOptions('messages: options.listen', listen, PLACE_OPTIONS)
    }
    return this.#messages(options)
  }

  async *#messages(options: MessagesOptions): AsyncGenerator<ReceivedMessage, void, undefined> {
    if (this.#isReceiving) throw new TypeError('messages: they are received already, by another loop')
    this.#isReceiving = true
    try {
      yield* receiveMessages(this, this.mailbox, options, this.#closed.signal)
    } finally {
      this.#isReceiving = false
    }
  }

  /**
   * The last stored messages to and from one other, the oldest first; also those that were shown. What went directly is not kept.
   *
   * @param options.limit - how many at most. Default: 100.
   * @throws ProtocolError `invalid_name`; as `MailboxHandle.use`; the reason of `signal`; TypeError.
   */
  async history(
    username: string,
    options: WaitOptions & { readonly limit?: number | undefined } = {},
  ): Promise<MailMessage[]> {
    judgeArgument('history: username', username, 'string')
    judgeOptions('history', options, { signal: 'signal', limit: 'count' })
    const of: Conversation = { with: parseUsername(username) }
    const read = async (mailbox: Mailbox) => {
      await mailbox.sync()
      return mailbox.history(of, options.limit)
    }
    return this.mailbox.use(read, { signal: options.signal })
  }

  /**
   * Asks the KDC for a receiver: where it is, a fresh secret, and a ticket.
   *
   * @throws ProtocolError `receiver_unknown`, `receiver_offline`, `token_unknown`, `token_expired`, `invalid_name`;
   *   TransportError `peer_unreachable` for a place where no receiver can be; TransportError and CodecError as `login`; the reason of
   *   `signal`; TypeError.
   */
  async userinfo(receiver: string, options: WaitOptions = {}): Promise<UserinfoAnswer> {
    judgeArgument('userinfo: receiver', receiver, 'string')
    const name = parseUsername(receiver)
    return abortable('userinfo', options, async () => {
      for (let tries = 1; ; tries++) {
        const answer = readReply('/userinfo', await this.#login.request('/userinfo', { receiver: name }))
        const address = judgeDestination(name, answer.address, answer.port, this.#login.kdc.place)
        if (!looksLikeText(answer.ticket)) return { ...answer, address }
        // Chance makes one now and then, and not twice.
        if (tries === MAX_TICKETS) throw new CodecError('reply to /userinfo: senderinfo has text in it')
      }
    })
  }

  /**
   * Opens a channel: asks for the receiver, dials, and has both sides prove themselves.
   *
   * @throws as `userinfo` and the library's `connect`.
   */
  async connect(
    receiver: string,
    options: Partial<Omit<ConnectOptions, 'ticket' | 'secret' | 'receiver' | 'username'>> = {},
  ): Promise<Channel> {
    judgeArgument('connect: receiver', receiver, 'string')
    judgeOptions('connect', options, CONNECT_OPTIONS)
    const { address: host, ...answer } = await this.userinfo(receiver, { signal: options.signal })
    const names = { receiver: parseUsername(receiver), username: this.username }
    return connect({ host, ...answer, ...names, trace: this.#trace, ...options })
  }

  /**
   * Becomes reachable: listens, tells the KDC where, and keeps telling it.
   *
   * @throws TransportError `port_unavailable`; ProtocolError `listener_unreachable`, when the KDC would send others where we do not listen:
   *   the session is over then; and as `announce`. The reason of `signal`, which ends the attempt: the KDC may send others here then, in vain,
   *   for up to a minute.
   */
  async listen(options: PresenceOptions): Promise<Presence> {
    judgeOptions('listen', options, LISTEN_OPTIONS)
    judgeArgument('listen: options.onChannel', options.onChannel, 'function')
    return Presence.start(this, { trace: this.#trace, ...options })
  }

  /**
   * Tells the KDC that this session, and no other that takes its place, accepts channels at `port`.
   *
   * @param options.leaseSec - for how long, unless it is said again: 15 to 3600 s. Default: as long as the session lasts.
   * @param options.since - when the receiver began, in Unix seconds by the KDC's clock: of several, others are sent to the one that began
   *   last. Default: now.
   * @throws ProtocolError `token_unknown`, `token_expired`; TransportError and CodecError as `login`; the reason of `signal`; TypeError.
   */
  async announce(port: number, options: WaitOptions & Announcement = {}): Promise<ListenAnswer> {
    judgeArgument('announce: port', port, 'port')
    judgeOptions('announce', options, { leaseSec: 'lease', since: 'count', signal: 'signal' })
    const { leaseSec, since, signal } = options
    const body = {
      port,
      ...(leaseSec !== undefined && { lease: leaseSec }),
      ...(since !== undefined && { since }),
    }
    return untilAborted(
      async () => readReply('/listen', await this.#login.requestOnce('/listen', body)),
      signal,
    )
  }

  /**
   * Sets another password, within five minutes of the login. The KDC never sees it; the principal's other sessions are over.
   *
   * When no answer comes that the KDC has sealed, it is found out by logging in which password holds.
   *
   * @throws ProtocolError `login_stale`, `kdc_key_changed`, `token_unknown`, `token_expired`; TransportError and CodecError
   *   as `login`; what `onNewExportKey` throws: the password is the one before. TransportError `outcome_unknown`: either may hold.
   */
  async changePassword(password: string, options: ChangePasswordOptions = {}): Promise<void> {
    judgeArgument('changePassword: password', password, 'string')
    judgeOptions('changePassword', options, { onNewExportKey: 'function', signal: 'signal' })
    const { onNewExportKey, signal } = options
    return untilAborted(() => this.#login.changePassword(password, onNewExportKey), signal)
  }

  /**
   * The sessions of this principal, the oldest first.
   *
   * @throws as `announce`.
   */
  sessions(options: WaitOptions = {}): Promise<SessionInfo[]> {
    return abortable('sessions', options, async () =>
      readReply('/sessions', await this.#login.request('/sessions', {})),
    )
  }

  /**
   * Ends sessions of this principal: the KDC takes their tokens no more, and makes no tickets for them. Tickets that were made before are
   * good until the receiver of that session has heard of it: at once if it waits for mail, as our receivers do, or with its next refresh; at
   * most until they expire. Channels that are open stay open.
   *
   * @param id - of the one to end. Default: all but this one.
   * @returns how many there were.
   * @throws as `announce`.
   */
  async endSessions(id?: string, options: WaitOptions = {}): Promise<number> {
    if (id !== undefined) judgeArgument('endSessions: id', id, 'string')
    const body = id === undefined ? {} : { session: id }
    return abortable('endSessions', options, async () =>
      readReply('/sessions/end', await this.#login.request('/sessions/end', body)),
    )
  }

  /**
   * Asks the KDC something under seal: for what builds on a session, such as a mailbox.
   *
   * @returns the answer's JSON, not yet judged.
   * @throws the error that a problem stands for; TransportError and CodecError as `login`.
   */
  request(path: string, body: Record<string, unknown>, options: WaitOptions = {}): Promise<unknown> {
    return abortable('request', options, () => this.#login.request(path, body))
  }

  /**
   * The same, for an answer that is a stream of events: their ids, until `signal` ends it. An attacker on the way could have sent one: it is
   * a hint that there may be something to ask for.
   */
  async *events(path: string, body: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<string> {
    yield* await this.#login.events(path, body, signal)
  }

  /**
   * Ends the session at the KDC and lets go of the connection to it, whatever comes of the first.
   *
   * @throws as `announce`.
   */
  async logout(options: WaitOptions = {}): Promise<void> {
    judgeOptions('logout', options, { signal: 'signal' })
    try {
      await untilAborted(() => this.#login.requestOnce('/logout', {}), options.signal)
    } finally {
      await this.close()
    }
  }

  /** Logs out, unless that was done, for `await using`. When the KDC cannot be asked, the session ends there by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#login.isOpen) return
    await this.logout().catch((error: unknown) => {
      if (!(error instanceof SymbolonError)) throw error
    })
  }

  /** Lets go of the connection to the KDC and of the state; the session lives on there until it expires. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#login.close()
    await this.mailbox.close()
  }
}
