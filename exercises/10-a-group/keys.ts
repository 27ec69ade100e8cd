/**
 * The group's keys and nonces, and what an attacker or one who looks into the memory could do with them.
 *
 * @module
 */
import { EMPTY, equal, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { different, searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import { Randomness } from '../examiner/values.ts'
import {
  commitLabel,
  commitOf,
  isKeptIn,
  KEY_BYTES,
  messageLabel,
  messageOf,
  NONCE_BYTES,
  readWithoutKey,
  sameNonce,
  unbox,
} from './examine.ts'
import type { Change, Commit, Member, Message } from './given.ts'
import { AFTER, BEFORE, type Group, hex, key, POOL_BYTES, reads } from './groups.ts'

export const ofKeys: readonly Property<Group>[] = [
  {
    name: 'every change makes a key of 32 random bytes that nobody has seen',
    why: 'a key of a few random bytes is found by trying them all; one that is made of what stands in the commit is read there.',
    async check(group) {
      const owner = group.owner()
      const erin = key()
      const changes: Record<string, (randoms: readonly Randomness[]) => Promise<Change[]>> = {
        add: (randoms) => group.adds(randoms, owner, 'erin', erin),
        remove: (randoms) => group.removes(randoms, owner, 'bob'),
      }
      for (const [what, changed] of Object.entries(changes)) {
        const pool = secureRandomBytes(POOL_BYTES)
        const make = async (randoms: readonly Randomness[]) =>
          (await changed(randoms)).map(({ owner }) => hex(owner.key))
        const keyOf = async (known: Uint8Array) => (await make([new Randomness(known)]))[0]
        const count = await randomBytesIn(make, pool, KEY_BYTES, `the key after ${what}`)
        must(
          count === KEY_BYTES,
          `the key after ${what} is made of ${count} random bytes, and 32 are needed.`,
        )
        // What stands in the commit as a nonce is said aloud.
        const [change] = await changed([new Randomness(pool)])
        must(change, `${what} gave nothing.`)
        const { commit, owner: after } = change
        const aloud = Uint8Array.from(pool)
        for (const sealed of Object.values(commit.boxes)) {
          const at = Buffer.from(pool).indexOf(sealed.subarray(0, NONCE_BYTES))
          if (at >= 0) for (let i = at; i < at + NONCE_BYTES; i++) aloud[i] = (pool[i] ?? 0) ^ 0xff
        }
        const isOfTheNonces = (await keyOf(aloud)) !== hex(after.key)
        // With nothing but what was said aloud.
        const eves = pool.map((byte, i) => (byte === aloud[i] ? 0 : byte))
        const isEves = isOfTheNonces && (await keyOf(eves)) === hex(after.key)
        must(
          !isOfTheNonces,
          `the key after ${what} is made of random bytes that stand in the commit as a nonce too, for all to read.`,
          () => {
            const read = isEves ? reads([['', after.key]], messageOf(after, AFTER)) : undefined
            return (
              read &&
              `eve, who has no key, has made the new one of the nonces in the commit, and reads: "${read.text}".`
            )
          },
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
      const nonce = async (randoms: readonly Randomness[]) =>
        (await group.sends(randoms, carol, AFTER)).map(({ box }) => hex(box.subarray(0, NONCE_BYTES)))
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
        ['a commit without a box for her, when she is new,', { epoch: 7, boxes: { bob: other } }, undefined],
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
      const readInLog = ([what, bytes]: [string, Uint8Array]) =>
        `read in the log: ${what === 'the text' ? AFTER : hex(bytes)}.`
      for (const { thrown } of different(group.errors, ({ thrown }) => thrown.all)) {
        const search = searchOf(thrown.all)
        const found = secrets.find(([, bytes]) => search(bytes))
        must(
          !found,
          `${found?.[0]} stands in the error "${thrown.message.slice(0, 60)}".`,
          () => found && readInLog(found),
        )
      }
      const text = await group.printed()
      if (text === '') return
      const search = searchOf(text)
      const found = secrets.find(([, bytes]) => search(bytes))
      must(
        !found,
        `${found?.[0]} was printed, ${search(found?.[1] ?? EMPTY)}.`,
        () => found && readInLog(found),
      )
    },
  },
]
