/** A KDC on a port, somebody before it who meddles, and principals who use the library through him as the tools do. */

import { directRoutes } from '../../src/kdc/fast-userinfo.ts'
import { type Listening, serve } from '../../src/kdc/http/server.ts'
import { sealStoredToken } from '../../src/kdc/keys/at-rest.ts'
import { loginLimits } from '../../src/kdc/traffic/login-limits.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { ProtocolError } from '../../src/lib/errors.ts'
import { createInvitation, invitationToken } from '../../src/lib/invitation.ts'
import { type Conversation, Mailbox, type MailMessage } from '../../src/lib/mls/mailbox.ts'
import { textOf } from '../../src/lib/mls/payload.ts'
import { KEYS } from '../../src/lib/mls/state/framing.ts'
import { decodeGroup, encodeGroup } from '../../src/lib/mls/state/group.ts'
import type { Presence, PresenceChange } from '../../src/lib/presence.ts'
import { register } from '../../src/lib/register.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { testKdc } from '../helpers/kdc.ts'
import { MeddlingProxy } from '../helpers/meddling-proxy.ts'
import { MemoryState } from '../helpers/memory-state.ts'

export const PASSWORD = 'correct horse battery staple'
/** A presence whose refreshes are the test's. */
const NEVER_MS = 2_000_000_000

type Kdc = Awaited<ReturnType<typeof testKdc>>

/** One principal, on one machine. */
export class Principal {
  readonly name: string
  readonly #realm: MeddledRealm
  state = new MemoryState()
  password = PASSWORD
  /** All that this principal was shown, as `from: text`, in order. */
  readonly read: string[] = []
  readonly letters: MailMessage[] = []
  #session: Session | undefined
  #mail: Mailbox | undefined

  constructor(name: string, realm: MeddledRealm) {
    this.name = name
    this.#realm = realm
  }

  get session(): Session {
    if (!this.#session) throw new Error(`${this.name} is not logged in`)
    return this.#session
  }

  get mail(): Mailbox {
    if (!this.#mail) throw new Error(`${this.name} has no mailbox`)
    return this.#mail
  }

  /** Asks the KDC. */
  readonly post = (path: string, body: Record<string, unknown>) => this.session.request(path, body)

  async register(): Promise<this> {
    this.#session = await register(this.#realm.url, this.name, this.password, this.#realm.options)
    return this
  }

  /** Another session of this principal's. */
  login(password = this.password): Promise<Session> {
    return login(this.#realm.url, this.name, password, this.#realm.options)
  }

  async enter(): Promise<void> {
    await this.#session?.close()
    this.#session = await this.login()
  }

  /** Opens the mailbox with what the state holds: a fresh start of a tool. */
  async begin(): Promise<Mailbox> {
    const { clock } = this.#realm.options
    const { name: username, post, state } = this
    this.#mail = await Mailbox.open({ username, post, state, clock })
    return this.#mail
  }

  /** What every tool does with the mailbox first; the messages that have come are read. */
  async contact(): Promise<void> {
    try {
      await this.#contact()
    } catch (error) {
      if (!isOver(error)) throw error
      await this.enter()
      await this.#contact()
    }
  }

  async #contact(): Promise<void> {
    const mail = await this.begin()
    await mail.sync()
    const unread = await mail.unread()
    await mail.markShown(unread)
    this.letters.push(...unread)
    this.read.push(...unread.map((message) => `${message.from}: ${textOf(message) ?? message.kind}`))
  }

  say(to: Conversation, text: string) {
    return 'group' in to ? this.mail.send(to.group, utf8(text)) : this.mail.sendTo(to.with, utf8(text))
  }

  /** All that was said in a conversation and is kept here, of one case. */
  async history(of: Conversation, about: string): Promise<string[]> {
    const all = await this.mail.history(of, 1000)
    return all
      .map((message) => `${message.from}: ${textOf(message) ?? message.kind}`)
      .filter((line) => line.includes(about))
  }

  /** Knows no key of this principal's any more. */
  forget(name: string): void {
    this.state.entries.delete(KEYS.pin(name))
  }

  /** Has a group stand as one that is not read further. */
  async breakGroup(name: string, reason: 'history_forked' | 'history_lost'): Promise<void> {
    for (const [key, group] of this.#groups()) {
      if (group.status !== 'active' || nameOf(group) !== name) continue
      this.state.entries.set(key, encodeGroup({ ...group, status: 'broken', reason }))
    }
  }

  /** How a group stands with this principal: `active 7` in epoch 7. */
  standing(of: Conversation): string {
    const mine = [...this.#groups()].filter(([, group]) =>
      'group' in of ? nameOf(group) === of.group : isWith(group, this.name, of.with),
    )
    const [, group] = mine.find(([, { status }]) => status === 'active') ?? mine.at(-1) ?? []
    if (!group) return 'unknown'
    return group.status === 'active'
      ? `active ${group.epoch}`
      : `${group.status} ${group.reason ?? ''}`.trim()
  }

  #groups() {
    const prefix = KEYS.group('')
    const keys = [...this.state.entries.keys()].filter((key) => key.startsWith(prefix)).sort()
    return keys.map(
      (key) =>
        [
          key,
          decodeGroup(key.slice(prefix.length), this.state.entries.get(key) ?? new Uint8Array()),
        ] as const,
    )
  }
}

type Group = ReturnType<typeof decodeGroup>
const nameOf = ({ descriptor }: Group) => (descriptor?.kind === 'named' ? descriptor.name : undefined)
const isWith = ({ descriptor, members }: Group, me: string, other: string) =>
  descriptor?.kind === 'direct' && members.includes(me) && members.includes(other)

/** The session is over, or somebody says so: one logs in again. */
export function isOver(error: unknown): boolean {
  return error instanceof ProtocolError && (error.code === 'token_unknown' || error.code === 'token_expired')
}

/** A receiver of bob's, which runs all the time. */
export interface Receiver {
  readonly presence: Presence
  readonly session: Session
  /** What it was sent, in order. */
  readonly got: string[]
  readonly changes: PresenceChange[]
}

/** One realm: alice, bob and carol, who are in the group `team` of alice's; and dora, who is in none. */
export class MeddledRealm {
  readonly kdc: Kdc
  readonly proxy: MeddlingProxy
  readonly #listening: Listening
  readonly alice = new Principal('alice', this)
  readonly bob = new Principal('bob', this)
  readonly carol = new Principal('carol', this)
  readonly dora = new Principal('dora', this)
  #receiver: Receiver | undefined
  #number = 0

  private constructor(kdc: Kdc, listening: Listening, proxy: MeddlingProxy) {
    this.kdc = kdc
    this.#listening = listening
    this.proxy = proxy
  }

  static async start(): Promise<MeddledRealm> {
    const kdc = await testKdc({ registration: 'open', loginLimits: loginLimits(1_000_000) })
    // ts-mls judges the lifetimes of key packages by the machine's clock.
    kdc.time.now = systemClock()
    // How often anything may be done is not what is tried here.
    kdc.store.attempts.take = async () => 0
    for (const name of ['alice', 'bob', 'carol']) await kdc.store.accounts.delete(name)
    const listening = await serve(kdc.app.fetch as never, {
      host: '127.0.0.1',
      port: 0,
      direct: directRoutes(kdc.kdc),
    })
    const realm = new MeddledRealm(kdc, listening, await MeddlingProxy.start(listening.url))
    for (const one of realm.all) {
      await one.register()
      await one.begin()
    }
    await realm.dora.register()
    await realm.alice.mail.createGroup('team')
    await realm.alice.mail.add('team', ['bob', 'carol'])
    for (const one of realm.all) await one.contact()
    return realm
  }

  /** Those of the group. */
  get all(): Principal[] {
    return [this.alice, this.bob, this.carol]
  }

  get url(): string {
    return this.proxy.url
  }

  /** Where the KDC is itself. */
  get kdcUrl(): string {
    return this.#listening.url
  }

  get options() {
    // By this one, what is doubted for minutes after one case is forgotten in the next.
    return { clock: () => this.kdc.time.now, now: () => this.#number * 3_600_000 }
  }

  /** Something that no other case has: a name, or a word. Time goes on. */
  next(): string {
    // Of two places told in one second the first stands (docs/protocol.md §3.7).
    this.kdc.time.now += 2
    this.#number++
    return `case-${this.#number}`
  }

  async invite(): Promise<string> {
    const invitation = createInvitation()
    const token = invitationToken(invitation)
    const id = sessionId(token)
    const sealedToken = sealStoredToken(this.kdc.masterKeys, id, token)
    await this.kdc.store.invitations.add([{ id, sealedToken, expiresAt: this.kdc.time.now + 100_000 }])
    return invitation
  }

  /** Bob's receiver: the same all the time. */
  async receiver(): Promise<Receiver> {
    if (this.#receiver) return this.#receiver
    const got: string[] = []
    const changes: PresenceChange[] = []
    const session = await this.bob.login()
    const presence = await session.listen({
      refreshIntervalMs: NEVER_MS,
      onChange: (change) => changes.push(change),
      onChannel: async (channel) => {
        try {
          for await (const message of channel) got.push(message.text ?? '?')
          await channel.close()
        } catch {
          // Its sender was cut off.
        }
      },
    })
    this.#receiver = { presence, session, got, changes }
    return this.#receiver
  }

  isAlive(session: Session): Promise<boolean> {
    return this.hasSession(sessionId(session.token))
  }

  async hasSession(sid: Uint8Array): Promise<boolean> {
    return (await this.kdc.store.sessions.find(sid)) !== undefined
  }

  async close(): Promise<void> {
    await this.proxy.clean()
    await this.#receiver?.presence.close()
    for (const one of [...this.all, this.dora]) await one.session.close().catch(() => {})
    await this.proxy.close()
    await this.#listening.close()
    await this.kdc.store.close()
  }
}
