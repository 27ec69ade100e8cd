/**
 * The student's group, as the grader uses it, and what it expects of each change.
 *
 * @module
 */
import { secureRandomBytes } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import { StudentError, type StudentProgram } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import { commitLabel, KEY_BOX_BYTES, KEY_BYTES, messageLabel, unbox } from './examine.ts'
import type { Change, Commit, Member, Message, Owner } from './given.ts'

export const POOL_BYTES = 1024
export const BEFORE = 'bob must not know about the feast'
export const AFTER = 'the feast is on friday, at nine'

export const key = () => secureRandomBytes(KEY_BYTES)
const fresh = () => new Randomness(secureRandomBytes(POOL_BYTES))
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const described = (value: unknown) =>
  value instanceof Uint8Array ? `${value.length} bytes` : value === null ? 'null' : typeof value

type Refusal = { readonly gave: unknown } | undefined

/** The student's five functions. */
export class Group {
  readonly #program: StudentProgram
  readonly errors: StudentError[] = []
  /** What must not be printed. */
  readonly secrets: [string, Uint8Array][] = []

  constructor(program: StudentProgram) {
    this.#program = program
  }

  /** Alice, with bob, carol and dave. */
  owner(epoch = 1): Owner {
    const owner = { name: 'alice', epoch, key: key(), members: { bob: key(), carol: key(), dave: key() } }
    this.secrets.push(['an epoch key', owner.key], ['a pair key', owner.members.carol])
    return owner
  }

  async printed(): Promise<string> {
    await this.#program.settle()
    await this.#program.end()
    return this.#program.printed
  }

  restart(): Promise<void> {
    return this.#program.end()
  }

  async add(owner: Owner, name: string, pairKey: Uint8Array, random = fresh()): Promise<Change> {
    return mustBeChange(await this.#program.call('add', owner, name, pairKey, random), 'add')
  }

  async remove(owner: Owner, name: string, random = fresh()): Promise<Change> {
    return mustBeChange(await this.#program.call('remove', owner, name, random), 'remove')
  }

  /** What one of the functions makes of these arguments and each of these sources of randomness. */
  async #ofEach(randoms: readonly Randomness[], name: string, ...args: unknown[]): Promise<unknown[]> {
    const came = await this.#program.each(
      name,
      randoms.map((random) => [...args, random]),
    )
    return came.map((one) => {
      if (one instanceof StudentError) throw one
      return one.value
    })
  }

  async adds(
    randoms: readonly Randomness[],
    owner: Owner,
    name: string,
    pairKey: Uint8Array,
  ): Promise<Change[]> {
    const changes = await this.#ofEach(randoms, 'add', owner, name, pairKey)
    return changes.map((change) => mustBeChange(change, 'add'))
  }

  async removes(randoms: readonly Randomness[], owner: Owner, name: string): Promise<Change[]> {
    const changes = await this.#ofEach(randoms, 'remove', owner, name)
    return changes.map((change) => mustBeChange(change, 'remove'))
  }

  async sends(randoms: readonly Randomness[], member: Member, text: string): Promise<Message[]> {
    return (await this.#ofEach(randoms, 'send', member, text)).map(mustBeMessage)
  }

  async follow(name: string, pairKey: Uint8Array, commit: Commit, before?: Member): Promise<Member> {
    const args = before ? [name, pairKey, commit, before] : [name, pairKey, commit]
    const member = (await this.#program.call('follow', ...args)) as Member
    must(typeof member === 'object' && member, `follow returned ${described(member)}, not a member.`)
    return member
  }

  async send(member: Member, text: string, random = fresh()): Promise<Message> {
    return mustBeMessage(await this.#program.call('send', member, text, random))
  }

  async read(member: Member, message: Message): Promise<unknown> {
    return this.#program.call('read', member, message)
  }

  /** @returns what it gave, when it was not refused. */
  async refused(call: Promise<unknown>, what: string): Promise<Refusal> {
    const outcome = await attempt(call)
    if ('gave' in outcome) return outcome
    this.errors.push(outcome.error)
    const { isError, name } = outcome.error.thrown
    must(isError, `${what}: what was thrown is no Error but ${name}.`)
    return undefined
  }
}

function mustBeMessage(given: unknown): Message {
  const message = given as Message
  must(typeof message === 'object' && message, `send returned ${described(message)}, not a message.`)
  must(message.box instanceof Uint8Array, `the box of a message is ${described(message.box)}, not bytes.`)
  return message
}

function mustBeChange(change: unknown, what: string): Change {
  must(typeof change === 'object' && change, `${what} returned ${described(change)}, not an object.`)
  const { owner, commit } = change as Change
  must(typeof owner === 'object' && owner, `owner in what ${what} returned is ${described(owner)}.`)
  must(typeof commit === 'object' && commit, `commit in what ${what} returned is ${described(commit)}.`)
  must(
    typeof commit.boxes === 'object' && commit.boxes,
    `boxes in the commit of ${what} is ${described(commit.boxes)}.`,
  )
  must(
    owner.key instanceof Uint8Array && owner.key.length === KEY_BYTES,
    `the owner's key after ${what} is ${described(owner.key)}, not 32 bytes.`,
  )
  return change as Change
}

/** What all who have gone, and all who listen, have: names, epoch and boxes. */
export function mustFit(
  before: Owner,
  { owner, commit }: Change,
  members: readonly string[],
  what: string,
): void {
  for (const [whose, { epoch }] of [["the owner's", owner] as const, ["the commit's", commit] as const]) {
    must(
      epoch === before.epoch + 1,
      `${whose} epoch after ${what} is ${epoch}, and ${before.epoch + 1} was expected: it was ${before.epoch} before.`,
    )
  }
  must(owner.name === before.name, `the owner's name after ${what} is ${owner.name}.`)
  for (const [whose, names] of [
    ['the commit', Object.keys(commit.boxes)],
    ["the owner's members", Object.keys(owner.members ?? {})],
  ] as const) {
    const missing = members.find((name) => !names.includes(name))
    must(
      !missing,
      `after ${what} ${missing} is not in ${whose === 'the commit' ? 'the boxes of the commit' : whose}.`,
    )
    const more = names.find((name) => !members.includes(name))
    must(
      !more,
      `after ${what} ${more} is in ${whose === 'the commit' ? 'the boxes of the commit' : whose}.`,
      () => {
        const pairKey = more === undefined ? undefined : before.members[more]
        const sealed = more === undefined ? undefined : commit.boxes[more]
        const found = pairKey && sealed && unbox(pairKey, commitLabel(commit.epoch, more ?? ''), sealed)
        return found && `${more} has opened the box, and has the key of the new epoch: ${hex(found)}.`
      },
    )
  }
  for (const [name, sealed] of Object.entries(commit.boxes)) {
    must(
      sealed instanceof Uint8Array,
      `${name}'s box in the commit of ${what} is ${described(sealed)}, not bytes.`,
    )
    must(!contains(sealed, owner.key), `${name}'s box holds the epoch key, for all to read.`, () => {
      return `eve, who listens, has read the key of the new epoch: ${hex(owner.key)}.`
    })
    must(
      sealed.length === KEY_BOX_BYTES,
      `${name}'s box in the commit of ${what} has ${sealed.length} bytes, not 60: nonce, key and tag.`,
    )
  }
  const others = Object.keys(commit).filter((name) => name !== 'epoch' && name !== 'boxes')
  must(others.length === 0, `there is a field '${others[0]}' in the commit, which does not belong there.`)
}

/** Says something under the key of an epoch, and lets one try it who should not have it. */
export const reads = (candidates: readonly [string, Uint8Array][], message: Message) => {
  for (const [how, tried] of candidates) {
    const text = unbox(tried, messageLabel(message.epoch, message.from), message.box)
    if (text) return { how, text: Buffer.from(text).toString('utf8') }
  }
  return undefined
}
