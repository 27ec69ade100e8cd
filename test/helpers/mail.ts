/** Principals with mailboxes at a fake delivery service. */
import { utf8 } from '../../src/lib/bytes.ts'
import { type Conversation, Mailbox, type MailMessage, textOf } from '../../src/lib/mls/mailbox.ts'
import type { Notice } from '../../src/lib/mls/notices.ts'
import { FakeDelivery } from './fake-delivery.ts'
import { MemoryState } from './memory-state.ts'

// ts-mls judges the lifetimes of key packages that we add by the machine's clock.
const NOW = Math.floor(Date.now() / 1000)

/** One principal on one machine. */
export class Person {
  readonly name: string
  readonly kdc: FakeDelivery
  state: MemoryState
  notices: Notice[] = []
  now = NOW
  #mailbox: Mailbox | undefined

  constructor(name: string, kdc: FakeDelivery, state = new MemoryState()) {
    this.name = name
    this.kdc = kdc
    this.state = state
  }

  get mail(): Mailbox {
    if (!this.#mailbox) throw new Error(`${this.name} is not logged in`)
    return this.#mailbox
  }

  /** Opens the mailbox, with what the state holds: a fresh start of the program. */
  async open(): Promise<this> {
    this.#mailbox = await Mailbox.open({
      username: this.name,
      post: this.kdc.post(this.name),
      state: this.state,
      clock: () => this.now,
      onNotice: (notice) => this.notices.push(notice),
    })
    return this
  }

  /** Loses the state, and starts again without. */
  async loseState(): Promise<this> {
    this.state = new MemoryState()
    return this.open()
  }

  say(group: string, text: string) {
    return this.mail.send(group, utf8(text))
  }

  tell(other: string, text: string) {
    return this.mail.sendTo(other, utf8(text))
  }

  /** Fetches, marks as shown, and returns all that is new, as `from: text`. */
  async read(): Promise<string[]> {
    await this.mail.sync()
    const unread = await this.mail.unread()
    await this.mail.markShown(unread)
    return unread.map(lineOf)
  }

  async history(of: Conversation, limit?: number): Promise<string[]> {
    return (await this.mail.history(of, limit)).map(lineOf)
  }

  /** The codes of the notices so far, which are then forgotten. */
  told(): string[] {
    const codes = this.notices.map(({ code }) => code)
    this.notices = []
    return codes
  }

  statusOf(name: string): string | undefined {
    const group = this.mail.groups().find((candidate) => candidate.name === name || candidate.with === name)
    return group?.reason ?? group?.status
  }
}

const lineOf = (message: MailMessage) => `${message.from}: ${textOf(message) ?? `[${message.kind}]`}`

export type People<N extends string> = { kdc: FakeDelivery } & Record<N, Person>

/** People who have all logged in once. */
export async function people<N extends string>(...names: N[]): Promise<People<N>> {
  const kdc = new FakeDelivery()
  const all: [string, unknown][] = [['kdc', kdc]]
  for (const name of names) all.push([name, await new Person(name, kdc).open()])
  return Object.fromEntries(all) as People<N>
}

/** A group `team` of alice's with all the others in it. */
export async function team<N extends string>(...names: N[]): Promise<People<N | 'alice'>> {
  const all = await people<N | 'alice'>('alice', ...names)
  await all.alice.mail.createGroup('team')
  await all.alice.mail.add('team', names)
  for (const name of names) {
    await all[name].mail.sync()
    all[name].told()
  }
  return all
}
