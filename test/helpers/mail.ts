/** Principals with mailboxes at a fake delivery service. */
import { utf8 } from '../../src/lib/bytes.ts'
import { type Conversation, Mailbox, type MailMessage } from '../../src/lib/mls/mailbox.ts'
import type { Notice } from '../../src/lib/mls/notices.ts'
import { textOf } from '../../src/lib/mls/payload.ts'
import { KEYS } from '../../src/lib/mls/state/framing.ts'
import { decodeGroup, encodeGroup } from '../../src/lib/mls/state/group.ts'
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

  /** Has every group here stand as one that is not read further, and starts the program again. */
  async breakGroups(reason: 'history_forked' | 'history_lost' = 'history_forked'): Promise<this> {
    for (const key of await this.state.list(KEYS.group(''))) {
      const group = decodeGroup(
        key.slice(KEYS.group('').length),
        this.state.entries.get(key) ?? new Uint8Array(),
      )
      if (group.status !== 'active') continue
      this.state.entries.set(key, encodeGroup({ ...group, status: 'broken', reason }))
    }
    return this.open()
  }

  /** Takes its place in a group again, which is made to need it. */
  async rejoin(group: string): Promise<void> {
    await this.breakGroups()
    await this.mail.rejoin({ group })
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

/** What each has after its first login, which takes most of the time of a test. */
const firstLogins = new Map<string, Promise<Person>>()

function firstLogin(name: string): Promise<Person> {
  let person = firstLogins.get(name)
  if (!person) {
    person = new Person(name, new FakeDelivery()).open()
    firstLogins.set(name, person)
  }
  return person
}

/** Puts a principal who has logged in once into a realm. */
async function move(name: string, kdc: FakeDelivery): Promise<Person> {
  const made = await firstLogin(name)
  const [key, packages] = [made.kdc.identities.get(name), made.kdc.packages.get(name)]
  if (key === undefined || !packages) throw new Error(`${name} has no key packages`)
  kdc.identities.set(name, key)
  kdc.packages.set(name, structuredClone(packages))
  return new Person(name, kdc, made.state.copy()).open()
}

/** People who have all logged in once. */
export async function people<N extends string>(...names: N[]): Promise<People<N>> {
  const kdc = new FakeDelivery()
  const all: [string, unknown][] = [['kdc', kdc]]
  for (const name of names) all.push([name, await move(name, kdc)])
  return Object.fromEntries(all) as People<N>
}

/** The same people, each with what it has, in a realm of their own. */
export async function copyOf<N extends string>(all: People<N>): Promise<People<N>> {
  const kdc = all.kdc.copy()
  const copies: [string, unknown][] = [['kdc', kdc]]
  for (const [name, person] of Object.entries(all)) {
    if (!(person instanceof Person)) continue
    copies.push([name, await new Person(name, kdc, person.state.copy()).open()])
  }
  return Object.fromEntries(copies) as People<N>
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
