/**
 * The grader of exercise 10: what a commit must be, and what one can read who has gone, or has only just come.
 *
 * @module
 */
import { EMPTY, equal, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import type { StudentError, StudentProgram } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import { Randomness } from '../examiner/values.ts'
import {
  commitLabel,
  commitOf,
  guesses,
  isKeptIn,
  KEY_BOX_BYTES,
  KEY_BYTES,
  messageLabel,
  messageOf,
  NONCE_BYTES,
  opensHow,
  readWithoutKey,
  sameNonce,
  unbox,
} from './examine.ts'
import type { Change, Commit, Member, Message, Owner } from './given.ts'

const POOL_BYTES = 1024
const BEFORE = 'bob must not know about the feast'
const AFTER = 'the feast is on friday, at nine'

const key = () => secureRandomBytes(KEY_BYTES)
const fresh = () => new Randomness(secureRandomBytes(POOL_BYTES))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const described = (value: unknown) =>
  value instanceof Uint8Array ? `${value.length} bytes` : value === null ? 'null' : typeof value

type Refusal = { readonly gave: unknown } | undefined

/** The student's five functions. */
class Group {
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

  async follow(name: string, pairKey: Uint8Array, commit: Commit, before?: Member): Promise<Member> {
    const args = before ? [name, pairKey, commit, before] : [name, pairKey, commit]
    const member = (await this.#program.call('follow', ...args)) as Member
    must(typeof member === 'object' && member, `follow returned ${described(member)}, not a member.`)
    return member
  }

  async send(member: Member, text: string, random = fresh()): Promise<Message> {
    const message = (await this.#program.call('send', member, text, random)) as Message
    must(typeof message === 'object' && message, `send returned ${described(message)}, not a message.`)
    must(message.box instanceof Uint8Array, `the box of a message is ${described(message.box)}, not bytes.`)
    return message
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
function mustFit(before: Owner, { owner, commit }: Change, members: readonly string[], what: string): void {
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
const reads = (candidates: readonly [string, Uint8Array][], message: Message) => {
  for (const [how, tried] of candidates) {
    const text = unbox(tried, messageLabel(message.epoch, message.from), message.box)
    if (text) return { how, text: Buffer.from(text).toString('utf8') }
  }
  return undefined
}

export const grader: Grader<Group> = {
  file: 'group.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'seal',
    'TAG_BYTES',
    'u16',
    'utf8',
  ],
  subject: (program) => new Group(program),
  properties: [
    {
      name: 'a change makes a new epoch, and a commit with a box for each who is in the group then',
      why: 'who has no box cannot follow, and who has one can. So the boxes say who is in the group.',
      async check(group) {
        const owner = group.owner(4)
        const added = await group.add(owner, 'erin', key())
        mustFit(owner, added, ['bob', 'carol', 'dave', 'erin'], 'add of erin')
        const removed = await group.remove(owner, 'bob')
        mustFit(owner, removed, ['carol', 'dave'], 'remove of bob')
        const alone = { ...owner, members: {} }
        mustFit(alone, await group.add(alone, 'bob', key()), ['bob'], 'add of bob, the first,')
        for (const [what, call] of [
          ['add of bob, who is in the group already,', () => group.add(owner, 'bob', key())],
          ['add of alice, whose group it is,', () => group.add(owner, 'alice', key())],
          ['remove of constructor, who is not in the group,', () => group.remove(owner, 'constructor')],
          ['remove of mallory, who is not in the group,', () => group.remove(owner, 'mallory')],
        ] as const) {
          const taken = await group.refused(call(), what)
          must(!taken, `${what} was not refused.`)
        }
      },
    },
    {
      name: "a box opens under its member's pair key, and holds the owner's new key",
      why: 'the pair key is what alice has with this member alone. Under any other key somebody else opens the box too.',
      async check(group) {
        const owner = group.owner()
        const erin = key()
        const added = await group.add(owner, 'erin', erin)
        for (const { commit, owner: after } of [
          added,
          await group.remove(added.owner, 'bob'),
          await group.remove(owner, 'bob'),
        ]) {
          for (const [name, sealed] of Object.entries(commit.boxes)) {
            const pairKey = { ...owner.members, erin }[name] ?? EMPTY
            const content = unbox(pairKey, commitLabel(commit.epoch, name), sealed)
            const keys = {
              "its member's pair key": pairKey,
              ...Object.fromEntries(
                Object.entries(owner.members).map(([other, one]) => [`${other}'s pair key`, one]),
              ),
              'the epoch key of before': owner.key,
              'the new epoch key itself': after.key,
            }
            const how = content ? undefined : opensHow(sealed, 'commit', commit.epoch, name, keys)
            must(content || !how, `${name}'s box opens ${how}.`, () => {
              if (!how?.includes('key of before')) return undefined
              return `bob, who was removed, has the key of before. He has opened ${name}'s box, and has the new one: ${hex(after.key)}.`
            })
            must(content, `${name}'s box does not open under ${name}'s pair key.`)
            must(
              equal(content, after.key),
              `${name}'s box holds ${hex(content).slice(0, 16)}…, and the owner's key is ${hex(after.key).slice(0, 16)}….`,
            )
          }
        }
      },
    },
    {
      name: 'a member follows a commit into the new epoch',
      why: 'after it, all who are in the group have the same key, and call the epoch by the same number.',
      async check(group) {
        const owner = group.owner(6)
        const wanted = key()
        const commit = commitOf(7, wanted, owner.members)
        const before = { name: 'carol', epoch: 6, key: owner.key }
        const cases = [await group.follow('carol', owner.members.carol ?? EMPTY, commit, before)]
        cases.push(await group.follow('carol', owner.members.carol ?? EMPTY, commit))
        for (const member of cases) {
          must(member.name === 'carol', `carol's name is ${member.name} after follow.`)
          must(member.epoch === 7, `carol's epoch is ${member.epoch} after commit 7.`)
          must(
            member.key instanceof Uint8Array && equal(member.key, wanted),
            `carol's key after follow is not what was in her box (${described(member.key)}).`,
          )
        }
      },
    },
    {
      name: 'what one member says the others read',
      why: 'that is what the group is for. The others may use another program than yours.',
      async check(group) {
        const carol = { name: 'carol', epoch: 3, key: key() }
        const dave = { ...carol, name: 'dave' }
        for (const text of [AFTER, '', 'é 🍰', 'e\u0301', ' a line\nand another\n']) {
          const message = await group.send(carol, text)
          must(message.epoch === 3, `the epoch of a message is ${message.epoch}, and carol is in 3.`)
          must(message.from === 'carol', `'from' in a message of carol's is ${message.from}.`)
          must(
            text === '' || !contains(message.box, utf8(text)),
            'the text stands in the box, for all to read.',
            () => `eve, who listens, has read: "${text}".`,
          )
          const content = unbox(carol.key, messageLabel(3, 'carol'), message.box)
          const how = content
            ? undefined
            : opensHow(message.box, 'message', 3, 'carol', { 'the epoch key': carol.key })
          must(content, how ? `the box of a message opens ${how}.` : 'the box of a message does not open.')
          const said = Buffer.from(content).toString('utf8')
          must(
            said === text,
            `carol says ${JSON.stringify(text)}, and in the box is ${JSON.stringify(said)}.`,
          )
          const others = Object.keys(message).filter((name) => !['epoch', 'from', 'box'].includes(name))
          must(
            others.length === 0,
            `there is a field '${others[0]}' in a message, which does not belong there.`,
          )
          const read = await group.read(dave, messageOf(carol, text))
          must(read === text, `carol says ${JSON.stringify(text)}, and dave reads ${JSON.stringify(read)}.`)
        }
      },
    },
    {
      name: 'a new member cannot read what was said before',
      why: 'who is let in today need not know what was said about it yesterday. The server has recorded all of it.',
      async check(group) {
        const owner = group.owner()
        const said = messageOf(owner, BEFORE)
        const { owner: after } = await group.add(owner, 'erin', key())
        const read = reads(guesses(after.key, owner.epoch), said)
        must(
          !read,
          equal(after.key, owner.key)
            ? 'after add the key is the same as before.'
            : 'the key of before can be computed from the one that a new member gets.',
          () => `erin has come today, and has read what was said yesterday: "${read?.text}".`,
        )
      },
    },
    {
      name: 'a removed member cannot read what is said afterwards',
      why: "bob's program keeps what it knows: the key of before, his pair key, and every commit. He also has your program.",
      async check(group) {
        const owner = group.owner()
        const { owner: after, commit } = await group.remove(owner, 'bob')
        const said = messageOf({ ...after, epoch: commit.epoch }, AFTER)
        const stolen = ({ how, text }: { how: string; text: string }) =>
          must(false, `bob has the key after he was removed: ${how}.`, () => {
            return `bob was removed, and has read the next message all the same: "${text}".`
          })
        const his = guesses(owner.key, commit.epoch)
        for (const [how, one] of [...his]) {
          const other = Uint8Array.from(owner.members.bob ?? EMPTY)
          his.push([`${how}, and bob's pair key`, one.map((byte, i) => byte ^ (other[i] ?? 0))])
        }
        const read = reads(his, said)
        if (read) stolen(read)
        // He runs the same program, with the key he has, and pair keys and randomness of his own.
        const own = { ...owner, members: { bob: owner.members.bob ?? EMPTY, carol: key(), dave: key() } }
        const computed = reads(
          [['his own run of your program made it', (await group.remove(own, 'bob')).owner.key]],
          said,
        )
        if (computed) stolen(computed)
        // Somebody removed long ago has heard all that was said since.
        const { owner: later, commit: next } = await group.remove(after, 'dave')
        const again = reads([...guesses(owner.key, next.epoch), ...guesses(after.key, next.epoch)], {
          ...messageOf(later, AFTER),
        })
        if (again) stolen(again)
      },
    },
    {
      name: 'every change makes a key of 32 random bytes that nobody has seen',
      why: 'a key of a few random bytes is found by trying them all; one that is made of what stands in the commit is read there.',
      async check(group) {
        const owner = group.owner()
        const erin = key()
        const changes: Record<string, (random: Randomness) => Promise<Change>> = {
          add: (random) => group.add(owner, 'erin', erin, random),
          remove: (random) => group.remove(owner, 'bob', random),
        }
        for (const [what, change] of Object.entries(changes)) {
          const pool = secureRandomBytes(POOL_BYTES)
          const make = async (random: Randomness) => hex((await change(random)).owner.key)
          const count = await randomBytesIn(make, pool, KEY_BYTES, `the key after ${what}`)
          must(
            count === KEY_BYTES,
            `the key after ${what} is made of ${count} random bytes, and 32 are needed.`,
          )
          // What stands in the commit as a nonce is said aloud.
          const { commit, owner: after } = await change(new Randomness(pool))
          const aloud = Uint8Array.from(pool)
          for (const sealed of Object.values(commit.boxes)) {
            const at = Buffer.from(pool).indexOf(sealed.subarray(0, NONCE_BYTES))
            if (at >= 0) for (let i = at; i < at + NONCE_BYTES; i++) aloud[i] = (pool[i] ?? 0) ^ 0xff
          }
          must(
            (await make(new Randomness(aloud))) === hex(after.key),
            `the key after ${what} is made of random bytes that stand in the commit as a nonce too, for all to read.`,
          )
        }
      },
    },
    {
      name: 'no nonce comes twice under one key, whoever seals',
      why:
        'all members seal under the epoch key, and none knows what the others have used. With one nonce twice, one who knows one text ' +
        'reads the other.',
      async check(group) {
        const carol = { name: 'carol', epoch: 3, key: key() }
        const dave = { ...carol, name: 'dave' }
        await group.restart()
        const first = await group.send(carol, BEFORE)
        const second = await group.send(dave, AFTER)
        await group.restart()
        const third = await group.send(dave, AFTER)
        const pairs: [string, Message, Message][] = [
          ['carol and dave have sealed', first, second],
          ['carol, and dave after his program was started anew, have sealed', first, third],
          ['dave has sealed twice', second, third],
        ]
        for (const [who, one, other] of pairs) {
          must(!sameNonce(one.box, other.box), `${who} with the same nonce, under the same key.`, () => {
            if (one !== first) return undefined
            return `eve, who knows what carol said, has read dave's message without any key: "${readWithoutKey(BEFORE, one, other)}".`
          })
        }
        const nonce = async (random: Randomness) =>
          hex((await group.send(carol, AFTER, random)).box.subarray(0, NONCE_BYTES))
        const count = await randomBytesIn(
          nonce,
          secureRandomBytes(POOL_BYTES),
          NONCE_BYTES,
          'the nonce of a message',
        )
        must(
          count === NONCE_BYTES,
          `the nonce of a message is made of ${count} random bytes, and 12 are needed.`,
        )
        const owner = group.owner()
        const [one, two] = [await group.remove(owner, 'bob'), await group.remove(owner, 'bob')]
        const [a = EMPTY, b = EMPTY] = [one.commit.boxes.carol, two.commit.boxes.carol]
        must(
          !sameNonce(a, b),
          "two commits have the same nonce in carol's box, under the same pair key.",
          () => {
            const xor = a.subarray(NONCE_BYTES, -16).map((byte, i) => byte ^ (b[NONCE_BYTES + i] ?? 0))
            const next = xor.map((byte, i) => byte ^ (one.owner.key[i] ?? 0))
            return `bob, who was there once and has an old key, computes another from two boxes that are not his: ${hex(next)}. ${equal(next, two.owner.key) ? 'It is right.' : ''}`
          },
        )
      },
    },
    {
      name: 'a message that was changed, or is of another epoch, is not read',
      why:
        'the server carries all of it, and can put another name or number on it. What was said in an epoch that is over was perhaps ' +
        'said by one who has gone.',
      async check(group) {
        const carol = { name: 'carol', epoch: 3, key: key() }
        group.secrets.push(['an epoch key', carol.key])
        const dave = { ...carol, name: 'dave' }
        const message = messageOf(carol, AFTER)
        const { box } = message
        const turned = (index: number) => box.map((byte, i) => (i === index ? byte ^ 0x10 : byte))
        const later = { ...dave, epoch: 4 }
        const cases: [string, Member, Message][] = [
          ['with another name on it', dave, { ...message, from: 'alice' }],
          ['with another epoch on it', dave, { ...message, epoch: 2 }],
          ['of epoch 3, read in epoch 4 with the same key', later, message],
          ['of epoch 3, with a 4 on it, read in epoch 4 with the same key', later, { ...message, epoch: 4 }],
          ['of epoch 4, read in epoch 3 with the same key', dave, messageOf({ ...carol, epoch: 4 }, AFTER)],
          ['of another group', dave, messageOf({ ...carol, key: key() }, AFTER)],
          ['without a box', dave, { ...message, box: EMPTY }],
          ['cut by a byte', dave, { ...message, box: box.subarray(0, -1) }],
          ['with a byte behind its box', dave, { ...message, box: Uint8Array.from([...box, 0]) }],
          ['of 11 bytes', dave, { ...message, box: box.subarray(0, 11) }],
          [
            "that is a box for dave's key",
            dave,
            { ...message, box: commitOf(3, carol.key, { carol: carol.key }).boxes.carol ?? EMPTY },
          ],
          ...[0, 11, 12, 20, box.length - 17, box.length - 16, box.length - 1].map(
            (index): [string, Member, Message] => {
              return [
                `with a bit of byte ${index} of its box changed`,
                dave,
                { ...message, box: turned(index) },
              ]
            },
          ),
        ]
        for (const [what, member, changed] of cases) {
          const taken = await group.refused(group.read(member, changed), `a message ${what}`)
          must(!taken, `a message ${what} was read.`, () => `dave has read: ${JSON.stringify(taken?.gave)}.`)
        }
      },
    },
    {
      name: 'an old commit, one that was changed, and one for others are refused',
      why: 'a commit opens on any day as on its first. Whoever plays an old one to carol takes her back to a key that a removed member has.',
      async check(group) {
        const owner = group.owner(4)
        const [bobs, carols] = [owner.members.bob ?? EMPTY, owner.members.carol ?? EMPTY]
        const old = commitOf(5, key(), owner.members)
        const now: Member = { name: 'carol', epoch: 6, key: key() }
        const commit = commitOf(7, key(), { bob: bobs, carol: carols })
        const { carol: own = EMPTY, bob: other = EMPTY } = commit.boxes
        const turned = (index: number) => own.map((byte, i) => (i === index ? byte ^ 1 : byte))
        const cases: [string, Commit, Member | undefined][] = [
          ['commit 5, when she is in epoch 6,', old, now],
          ['commit 6 once more, when she is in epoch 6,', commitOf(6, key(), owner.members), now],
          ['commit 5 with a 7 on it', { ...old, epoch: 7 }, now],
          ['commit 7 with an 8 on it', { ...commit, epoch: 8 }, now],
          ['a commit without a box for her', { epoch: 7, boxes: { bob: other } }, now],
          [
            'a commit without a box for her, when she is new,',
            { epoch: 7, boxes: { bob: other } },
            undefined,
          ],
          ["a commit with bob's box for her", { epoch: 7, boxes: { bob: own, carol: other } }, now],
          ['an empty box', { epoch: 7, boxes: { carol: EMPTY } }, now],
          ['a box that was cut', { epoch: 7, boxes: { carol: own.subarray(0, -1) } }, now],
          ['a box that is sealed under the old epoch key', commitOf(7, key(), { carol: now.key }), now],
          ...[0, 12, 43, 44, 59].map((index): [string, Commit, Member | undefined] => {
            return [
              `a box with a bit of byte ${index} changed`,
              { epoch: 7, boxes: { carol: turned(index) } },
              now,
            ]
          }),
        ]
        for (const [what, tried, before] of cases) {
          const taken = await group.refused(group.follow('carol', carols, tried, before), what)
          if (!taken) continue
          const member = taken.gave as Member
          const isOld =
            member?.key instanceof Uint8Array && [5, 7].includes(tried.epoch) && what.startsWith('commit 5')
          let loot: string | undefined
          if (isOld) {
            const said = await group.send(member, AFTER)
            const his = unbox(bobs, commitLabel(5, 'bob'), old.boxes.bob ?? EMPTY) ?? EMPTY
            const text = unbox(his, messageLabel(said.epoch, said.from), said.box)
            loot =
              text &&
              `bob, who was removed in epoch 6, has played an old commit to carol. She speaks under a key that he has, and he has read: "${Buffer.from(text).toString('utf8')}".`
          }
          must(false, `carol was sent ${what} and took it.`, () => loot)
        }
      },
    },
    {
      name: 'what is over is forgotten: no old key is kept',
      why: 'what a program keeps can be stolen. The old epoch keys open all that was ever said, and it was recorded.',
      async check(group) {
        const owner = group.owner()
        const said = messageOf(owner, BEFORE)
        const loot = () => {
          const read = reads([['', owner.key]], said)
          return `a thief has copied what the program knows today, and has read what was said last week: "${read?.text}".`
        }
        const { owner: after, commit } = await group.remove(owner, 'bob')
        must(!isKeptIn(after, owner.key), 'the owner still has the old epoch key after remove.', loot)
        must(
          !isKeptIn(after, owner.members.bob ?? EMPTY),
          'the owner still has the pair key of bob, who was removed.',
        )
        const { owner: more } = await group.add(owner, 'erin', key())
        must(!isKeptIn(more, owner.key), 'the owner still has the old epoch key after add.', loot)
        const before = { name: 'carol', epoch: owner.epoch, key: owner.key }
        const carol = await group.follow('carol', owner.members.carol ?? EMPTY, commit, before)
        must(!isKeptIn(carol, owner.key), 'carol still has the old epoch key after follow.', loot)
        must(
          !isKeptIn(carol, owner.members.carol ?? EMPTY),
          "carol's pair key stands in what follow returned: it was not asked for there.",
        )
      },
    },
    {
      name: 'nothing secret is printed, or stands in an error',
      why: 'what a program prints ends up in log files, which many may read, for years.',
      async check(group) {
        const owner = group.owner()
        const { commit, owner: after } = await group.remove(owner, 'bob')
        group.secrets.push(['the new epoch key', after.key])
        const carol = await group.follow('carol', owner.members.carol ?? EMPTY, commit)
        await group.read({ ...carol, name: 'dave' }, await group.send(carol, AFTER))
        const secrets: [string, Uint8Array][] = [...group.secrets, ['the text', utf8(AFTER)]]
        for (const { thrown } of group.errors) {
          const found = secrets.find(([, bytes]) => standsIn(thrown.all, bytes))
          must(!found, `${found?.[0]} stands in the error "${thrown.message.slice(0, 60)}".`)
        }
        const text = await group.printed()
        if (text === '') return
        const found = secrets.find(([, bytes]) => standsIn(text, bytes))
        must(!found, `${found?.[0]} was printed, ${standsIn(text, found?.[1] ?? EMPTY)}.`)
      },
    },
  ],
}
