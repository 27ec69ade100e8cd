/**
 * The grader of exercise 06: what records must be, and what must not open, looked at from outside.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { concat, EMPTY, equal, secureRandomBytes, utf8 } from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import { must } from '../examiner/property.ts'
import {
  END,
  LAST_COUNT,
  MESSAGE,
  message,
  type Opened,
  openSomehow,
  readWithoutKey,
  record,
  TAG_BYTES,
  theEnd,
} from './examine.ts'
import type { Keys } from './given.ts'
import { Conversation, freshKeys, type Opening, type Sealing, shown } from './people.ts'

const PAY = 'pay 100 to carol'
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const upTo = (length: number, first = 0) => Array.from({ length }, (_, i) => first + i)
/** Where a counter of one, two or four bytes, or one that is lost, may stand. */
const LIKELY_COUNTS = [...upTo(40), ...upTo(6, 254), ...upTo(6, 65_534), ...upTo(8, LAST_COUNT - 3)]

/** A record as it was sealed, in whatever way that was. */
function opened(sealed: Uint8Array, keys: Keys, key: keyof Keys, what: string): Opened {
  const found = openSomehow(sealed, keys, key, LIKELY_COUNTS)
  must(
    found,
    `${what} is ${sealed.length} bytes, ${hex(sealed.subarray(0, 8))}…, and does not open: neither with the one key nor the other, not with any count up to 39, and not with one of the likely mistakes.`,
  )
  return found
}

/** What stands in a record that should be a message. */
function mustSay({ content }: Opened, text: string, what: string): void {
  must(
    !equal(content, utf8(text)),
    `${what} holds the text alone: the byte 0x01 in front, its type, is missing.`,
  )
  must(
    equal(content, message(text)),
    `${what} holds ${hex(content)}, and should hold ${hex(message(text))}: 01, then the text.`,
  )
}

/** An opener of bob's that has read these texts of alice's. */
async function bobHas(conversation: Conversation, keys: Keys, ...texts: string[]): Promise<Opening> {
  const bob = await conversation.opener(keys, 'bob')
  for (const [i, text] of texts.entries()) await bob.open(alices(keys, i, text))
  return bob
}

/** What alice's program, not the student's, says. */
const alices = (keys: Keys, count: number, text: string) => record(keys.aliceToBob, count, message(text))

export const grader: Grader<Conversation> = {
  file: 'records.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'KEY_BYTES',
    'open',
    'seal',
    'Secret',
    'TAG_BYTES',
    'toBase64url',
    'u16',
    'utf8',
  ],
  subject: (program) => new Conversation(program),
  properties: [
    {
      name: "bob's program opens the first record that alice seals",
      why: 'two programs that were written by two people talk to each other only when every byte is where both expect it.',
      async check(conversation) {
        const keys = freshKeys()
        const alice = await conversation.sealer(keys, 'alice')
        const sealed = await alice.seal('meet me at 5')
        const found = opened(sealed, keys, 'aliceToBob', 'the record')
        must(
          found.key === 'aliceToBob',
          "alice has sealed with the key that is for bob's records: bob's program opens what she says with aliceToBob.",
        )
        must(!found.wrong, `the record opens, but ${found.wrong}.`)
        mustSay(found, 'meet me at 5', 'the record')
        must(found.count === 0, `the first record was sealed with count ${found.count}, not 0.`)
      },
    },
    {
      name: 'every record has the next count in its nonce, and so has the end',
      why:
        'two records with the same key and the same nonce give away the XOR of their texts. And when the count does not go on by ' +
        'one, bob, who counts as well, opens nothing.',
      async check(conversation) {
        const keys = freshKeys()
        const alice = await conversation.sealer(keys, 'alice')
        const texts = ['the train is at 7', 'bring the papers', 'bring the papers', '', 'tell nobody of this']
        const all: Opened[] = []
        const look = (sealed: Uint8Array, what: string) => {
          const found = opened(sealed, keys, 'aliceToBob', what)
          must(!found.wrong, `${what} opens, but ${found.wrong}.`)
          const before = all.find(
            ({ count, content }) => count === found.count && !equal(content, found.content),
          )
          const first = all[0]?.count ?? found.count
          must(
            found.count === first + all.length,
            `${what} was sealed with count ${found.count}; the record before it had ${all.at(-1)?.count}.`,
            () => before && readWithoutKey(before, found),
          )
          all.push(found)
          return found
        }
        for (const [i, text] of texts.entries()) {
          const what = `record ${i + 1} of this conversation`
          mustSay(look(await alice.seal(text), what), text, what)
        }
        const sealed = await alice.end()
        must(
          sealed.length > TAG_BYTES,
          `the end is ${sealed.length} bytes, and a sealed one is 17: everybody can make this.`,
        )
        const { content } = look(sealed, 'the end')
        must(
          equal(content, theEnd),
          `the end holds ${hex(content) || 'nothing'}, and should hold one byte, 05.`,
        )
      },
    },
    {
      name: "bob reads what alice's program said, to the last byte, and then that it was the end",
      why: 'a text that comes out changed is another message. Whoever sealed it did not say that.',
      async check(conversation) {
        const keys = freshKeys()
        const bob = await conversation.opener(keys, 'bob')
        const texts = [
          'hello',
          '',
          ' spaces, and a line end \r\n',
          'cafe\u0301 and café',
          '\ufeffa mark in front',
          '{"end":true}',
          'END',
          'end',
          '\u0000',
          '\u0001\u0005',
          'undefined',
          '☕'.repeat(3000),
        ]
        const refusal = () => conversation.errors.at(-1)?.message
        for (const [i, text] of texts.entries()) {
          const outcome = await bob.refused(alices(keys, i, text))
          must(outcome, `record ${i}, in which alice says ${shown(text)}, was not opened: ${refusal()}`)
          const read = outcome.gave
          must(typeof read === 'string', `alice said ${shown(text)}, and open returned ${shown(read)}.`)
          must(read === text, `alice said ${shown(text)}, and bob reads ${shown(read)}.`)
        }
        const end = await bob.refused(record(keys.aliceToBob, texts.length, theEnd))
        must(end, `after ${texts.length} messages, the end was not opened: ${refusal()}`)
        must(end.gave === undefined, `it was the end, and open returned ${shown(end.gave)}, not undefined.`)
        must(await bob.closeRefused(), `after the end close() must not throw: ${refusal()}`)
      },
    },
    {
      name: 'two channels do not touch each other: each counts for itself, from the count it is given',
      why:
        'bob talks to alice and to carol at once. When one counter serves both, neither hears him; when a stranger breaks one ' +
        'channel, the other must go on.',
      async check(conversation) {
        const [one, two, third] = [freshKeys(), freshKeys(), freshKeys()]
        const [first, second] = [
          await conversation.sealer(one, 'alice'),
          await conversation.sealer(two, 'alice'),
        ]
        const order: [Sealing, Keys, number][] = [
          [first, one, 0],
          [second, two, 0],
          [first, one, 1],
          [first, one, 2],
          [second, two, 1],
        ]
        for (const [alice, keys, count] of order) {
          const name = alice === first ? 'first' : 'second'
          const found = opened(
            await alice.seal('yes'),
            keys,
            'aliceToBob',
            `a record of the ${name} of two channels`,
          )
          must(
            found.count === count,
            `alice has two channels. Record ${count} of the ${name} was sealed with count ${found.count}.`,
          )
        }
        const later = await conversation.sealer(third, 'alice', 7)
        const { count } = opened(await later.seal('yes'), third, 'aliceToBob', 'a record')
        must(
          count === 7,
          `makeSealer(keys, 'alice', 7) was called, and the first record has count ${count}, not 7.`,
        )

        const [bob, other] = [await conversation.opener(one, 'bob'), await conversation.opener(two, 'bob')]
        const more = async (opener: Opening, keys: Keys, counted: number, meanwhile: string) => {
          const outcome = await opener.refused(alices(keys, counted, 'more'))
          must(outcome, `bob has two channels. ${meanwhile}: ${conversation.errors.at(-1)?.message}`)
          must(outcome.gave === 'more', `alice said "more", and bob reads ${shown(outcome.gave)}.`)
        }
        for (const count of [0, 1]) {
          await more(bob, one, count, `On the first, record ${count} did not open`)
          await more(other, two, count, `On the second, record ${count} did not open`)
        }
        await bob.refused(secureRandomBytes(30))
        await more(
          other,
          two,
          2,
          'Bytes that are no record came on the first, and then a good record of the second did not open',
        )
        const resumed = await conversation.opener(third, 'bob', 7)
        await more(
          resumed,
          third,
          7,
          "makeOpener(keys, 'bob', 7) was called, and a record with count 7 did not open",
        )
      },
    },
    {
      name: 'what was changed or cut, or is no record, is refused',
      why:
        'ChaCha20 adds a stream to the text: a bit that is changed on the way is the same bit changed in the text, unless the tag ' +
        'is compared. And what was sealed well can still be nonsense.',
      async check(conversation) {
        const keys = freshKeys()
        const good = alices(keys, 0, PAY)
        const refuses = async (bytes: Uint8Array, what: string) => {
          const bob = await conversation.opener(keys, 'bob')
          const outcome = await bob.refused(bytes)
          must(!outcome, `${what}: instead of an error came ${shown(outcome?.gave)}.`, () =>
            outcome?.gave === PAY.replace('1', '9')
              ? `an attacker without a key made "${PAY}" into ${shown(outcome.gave)}.`
              : undefined,
          )
          const thrown = conversation.errors.at(-1)?.thrown
          must(thrown?.isError, `${what}: what was thrown is no Error but ${thrown?.name}.`)
        }
        // '1' becomes '9'.
        const at = 1 + PAY.indexOf('1')
        await refuses(
          good.map((byte, i) => (i === at ? byte ^ 8 : byte)),
          'one bit of the text was changed',
        )
        for (const i of good.keys()) {
          await refuses(
            good.map((byte, j) => (i === j ? byte ^ 1 : byte)),
            `one bit of byte ${i} of ${good.length} was changed`,
          )
        }
        await refuses(good.subarray(0, -1), 'the last byte was cut off')
        await refuses(good.subarray(1), 'the first byte was cut off')
        await refuses(good.subarray(0, TAG_BYTES), 'only 16 bytes came')
        await refuses(good.subarray(0, 5), 'only 5 bytes came')
        await refuses(concat(good, Uint8Array.of(0)), 'a byte was added')
        await refuses(secureRandomBytes(40), '40 random bytes came')
        await refuses(message(PAY), 'a record that was not sealed came')
        const sealed: [string, Uint8Array][] = [
          ['holds nothing, not even a type', EMPTY],
          ['has type 0x02, which there is not', concat(Uint8Array.of(2), utf8(PAY))],
          ['has type 0x00, which there is not', concat(Uint8Array.of(0), utf8(PAY))],
          ['has type 0x81, which there is not', concat(Uint8Array.of(0x80 | MESSAGE), utf8(PAY))],
          ['is an end with something in it', concat(Uint8Array.of(END), utf8(PAY))],
          ['is a message that is no UTF-8', Uint8Array.of(MESSAGE, 0x68, 0xff, 0xfe)],
        ]
        for (const [what, content] of sealed) {
          await refuses(
            record(keys.aliceToBob, 0, content),
            `alice's program is broken and has sealed a record that ${what}`,
          )
        }
      },
    },
    {
      name: 'each direction has a key of its own: what alice said does not come back to her as said by bob',
      why:
        'both directions count from 0. With one key for both, a record that an attacker turns round opens at the one who sealed it: ' +
        "alice takes her own words for bob's.",
      async check(conversation) {
        const keys = freshKeys()
        const [alice, bob] = [
          await conversation.sealer(keys, 'alice'),
          await conversation.sealer(keys, 'bob'),
        ]
        const text = 'do you agree? then say the same'
        const turned = await alice.seal(text)
        const reflect = async () => {
          const hears = await conversation.opener(keys, 'alice')
          const outcome = await hears.refused(turned)
          return (
            outcome &&
            `an attacker sent alice's own record back to her. She reads, as said by bob: ${shown(outcome.gave)}.`
          )
        }
        const loot = await reflect()
        const found = opened(await bob.seal('yes'), keys, 'bobToAlice', "bob's record")
        must(
          found.key === 'bobToAlice',
          "bob has sealed with the key that is for alice's records.",
          () => loot,
        )
        must(!found.wrong, `bob's record opens, but ${found.wrong}.`)
        must(!loot, "alice's opener has opened what alice sealed.", () => loot)
        const hears = await conversation.opener(keys, 'alice')
        const read = await hears.open(record(keys.bobToAlice, 0, message('yes')))
        must(read === 'yes', `bob said "yes", and alice reads ${shown(read)}.`)
        const again = await hears.refused(alices(keys, 1, text))
        must(
          !again,
          "alice's opener has opened what alice sealed, the second record.",
          () => `alice reads, as said by bob: ${shown(again?.gave)}.`,
        )
        const bobHears = await conversation.opener(keys, 'bob')
        const own = await bobHears.refused(record(keys.bobToAlice, 0, message(text)))
        must(
          !own,
          "bob's opener has opened what bob sealed.",
          () => `bob reads, as said by alice: ${shown(own?.gave)}.`,
        )
      },
    },
    {
      name: 'a record that comes twice is refused',
      why: 'the tag says that alice sealed it. It does not say that she said it twice.',
      async check(conversation) {
        const keys = freshKeys()
        const texts = ['hello', PAY, 'thank you', 'bye']
        for (const [read, replayed] of [
          [2, 1],
          [1, 0],
          [3, 0],
          [4, 1],
        ] as const) {
          const bob = await bobHas(conversation, keys, ...texts.slice(0, read))
          const outcome = await bob.refused(alices(keys, replayed, texts[replayed] ?? ''))
          must(
            !outcome,
            `record ${replayed} came again when bob had read ${read} ${read === 1 ? 'record' : 'records'}, and it opened.`,
            () =>
              `alice said ${shown(texts[replayed])} once. Bob has read: ${bob.all}.${replayed === 1 ? ' Carol is paid twice.' : ''}`,
          )
        }
      },
    },
    {
      name: 'records that are exchanged, or of which one is missing, are refused',
      why:
        'an attacker who cannot read or change a record can still let it vanish, or deliver it later: "no" and "yes" answer other ' +
        'questions then.',
      async check(conversation) {
        const keys = freshKeys()
        const texts = [
          'shall I sell?',
          'no',
          'shall I wait?',
          'yes',
          'then I wait',
          'until Monday',
          'or until Friday',
          'good',
        ]
        const comes = async (order: readonly number[], what: string) => {
          const bob = await conversation.opener(keys, 'bob')
          for (const [i, count] of order.entries()) {
            const sealed = alices(keys, count, texts[count] ?? '')
            if (count === i) {
              await bob.open(sealed)
              continue
            }
            const outcome = await bob.refused(sealed)
            must(
              !outcome,
              `${what}: record ${count} came where record ${i} should, and it opened.`,
              () =>
                `alice said ${texts
                  .slice(0, count + 1)
                  .map(shown)
                  .join(', then ')}. Bob has read: ${bob.all}.`,
            )
            return
          }
        }
        await comes([0, 2], 'a record was left out')
        await comes([1], 'the first record was left out')
        await comes([0, 3], 'two records were left out')
        await comes([0, 7], 'six records were left out')
        await comes([0, 2, 1], 'two records were exchanged')
        for (let i = 0; i < 4; i++) await comes(shuffled(texts.length), 'the records came in another order')
        const bob = await bobHas(conversation, keys, 'shall I sell?')
        const outcome = await bob.refused(record(keys.aliceToBob, 2, theEnd))
        must(
          !outcome,
          'the record before the end was left out, and the end was taken.',
          () => `alice said "shall I sell?", then "no". Bob has read: ${bob.all}, and that this was all.`,
        )
      },
    },
    {
      name: 'after one failure the channel is over, for ever',
      why:
        'who may try as often as they like need only be lucky once, and a record that was replaced by rubbish is missing in what ' +
        'goes on after it. There is no next record that could be trusted.',
      async check(conversation) {
        const keys = freshKeys()
        const failures: [string, Uint8Array][] = [
          ['random bytes', secureRandomBytes(40)],
          [
            'a record with one bit changed',
            alices(keys, 1, 'do not pay').map((byte, i) => (i === 3 ? byte ^ 1 : byte)),
          ],
          ['an empty record', EMPTY],
          ['record 0 again', alices(keys, 0, PAY)],
          ['record 2 too early', alices(keys, 2, 'do it today')],
          ['what bob himself said', record(keys.bobToAlice, 1, message('yes'))],
          ['a sealed record with type 0x07', record(keys.aliceToBob, 1, Uint8Array.of(7, 8))],
          ['a sealed message that is no UTF-8', record(keys.aliceToBob, 1, Uint8Array.of(MESSAGE, 0xff))],
          ['a sealed record without a type', record(keys.aliceToBob, 1, EMPTY)],
        ]
        type Next = readonly [count: number, content: Uint8Array]
        const [one, two]: [Next, Next] = [
          [1, message('do not pay')],
          [2, message('do it today')],
        ]
        const stories: Next[][] = [
          [one, two, one, one, [0, message(PAY)]],
          [two, [3, theEnd]],
          [[1, theEnd]],
          [[2, theEnd]],
        ]
        for (const [what, bad] of failures) {
          for (const [i, story] of stories.entries()) {
            const bob = await bobHas(conversation, keys, PAY)
            // That it is refused at all is another property.
            if (await bob.refused(bad)) continue
            for (const [count, content] of story) {
              const outcome = await bob.refused(record(keys.aliceToBob, count, content))
              must(
                !outcome,
                `${content[0] === END ? 'the end' : `record ${count}`} opened after ${what} had come and been refused.`,
                () =>
                  content[0] === END
                    ? undefined
                    : `alice said ${shown(PAY)}, then "do not pay", then "do it today". Bob has read: ${bob.all}, and goes on.`,
              )
            }
            if (i === 0) {
              await conversation.waitAnHour()
              const outcome = await bob.refused(record(keys.aliceToBob, 1, message('do not pay')))
              must(!outcome, `${what} had come and been refused. An hour later the channel was open again.`)
            }
            const outcome = await bob.closeRefused()
            must(
              !outcome,
              `${what} had come and been refused, and close() says nothing about it: the conversation looks whole.`,
            )
          }
        }
      },
    },
    {
      name: 'a conversation that was cut does not look whole, and after the end there is nothing',
      why:
        'an attacker can close any connection. Only the one who has said it all can seal that it was all; a connection that is ' +
        'closed says nothing about that.',
      async check(conversation) {
        const keys = freshKeys()
        const texts = ['pay 100 to carol', 'no, wait', 'pay nothing']
        const says = `alice said ${texts.map(shown).join(', then ')}.`
        for (const length of [1, 2, 3, 0]) {
          const bob = await bobHas(conversation, keys, ...texts.slice(0, length))
          const outcome = await bob.closeRefused()
          must(
            !outcome,
            `the connection was closed after ${length} of 3 records, before the end, and close() did not throw.`,
            () => `${says} Bob has read ${bob.all}, and takes it for the whole conversation.`,
          )
        }
        for (const [what, forged] of [
          ['an empty record', EMPTY],
          ['an unsealed byte 05', theEnd],
          ['a record of 16 zero bytes', new Uint8Array(16)],
        ] as const) {
          const bob = await bobHas(conversation, keys, PAY)
          const outcome = await bob.refused(forged)
          const whole = await bob.closeRefused()
          must(
            !outcome && !whole,
            `${what} came in place of the end${outcome ? ', and it was taken' : ', and close() did not throw'}.`,
            () =>
              whole &&
              `${says} Bob has read ${bob.all}, and takes it for the whole conversation: an attacker has said that it was the end.`,
          )
        }
        for (const [what, content] of [
          ['a message', message('pay dave too')],
          ['another end', theEnd],
        ] as const) {
          const bob = await bobHas(conversation, keys, PAY)
          await bob.open(record(keys.aliceToBob, 1, theEnd))
          const outcome = await bob.refused(record(keys.aliceToBob, 2, content))
          must(
            !outcome,
            `after the end came ${what}, with the next count, and it opened: ${shown(outcome?.gave)}.`,
          )
        }
        for (const method of ['seal', 'end'] as const) {
          const alice = await conversation.sealer(keys, 'alice')
          await alice.seal(PAY)
          await alice.end()
          const outcome = await alice.refused(method, ...(method === 'seal' ? ['one more thing'] : []))
          must(
            !outcome,
            `alice has said the end, and then ${method}() sealed another record: bob refuses it, and alice believes that he has read it.`,
          )
        }
      },
    },
    {
      name: 'the counter never comes back to 0: after the last count nothing is sealed and nothing opens',
      why:
        'a counter of four bytes that goes on after 4294967295 is at 0 again: the same key and the same nonce for the second time, ' +
        'and the records of the beginning are good again.',
      async check(conversation) {
        const keys = freshKeys()
        const old: Opened[] = [0, 1].map((count) => {
          const content = message(['the first words of all', 'and the second ones'][count] ?? '')
          return { count, content, sealed: record(keys.aliceToBob, count, content), key: 'aliceToBob' }
        })
        for (const first of [254, 65_534, 2 ** 31 - 2, randomInt(2 ** 32 - 10)]) {
          const hears = await conversation.opener(keys, 'bob', first)
          const alice = await conversation.sealer(keys, 'alice', first)
          for (const count of upTo(4, first)) {
            const sealed = await alice.seal('and so on, and so on')
            const found = openSomehow(sealed, keys, 'aliceToBob', [count, ...LIKELY_COUNTS])
            must(
              found?.count === count && !found.wrong,
              `the record after ${count - 1} was sealed with ${found ? `count ${found.count}` : 'another count'}, not ${count}.`,
              () => {
                const same = old.find((before) => before.count === found?.count)
                return same && found && readWithoutKey(same, found)
              },
            )
            const outcome = await hears.refused(alices(keys, count, 'and so on'))
            must(
              outcome?.gave === 'and so on',
              `the record with count ${count} was not opened: ${conversation.errors.at(-1)?.message}`,
            )
          }
        }
        const alice = await conversation.sealer(keys, 'alice', LAST_COUNT - 1)
        const { count } = opened(
          await alice.seal('the last but one'),
          keys,
          'aliceToBob',
          'a record near the last count',
        )
        must(count === LAST_COUNT - 1, `makeSealer was given count ${LAST_COUNT - 1}, and used ${count}.`)
        // Whether the last one is used, or left alone to be safe, is the program's own affair.
        const last = await alice.refused('seal', 'the last one')
        if (last)
          must(
            openSomehow(last.gave, keys, 'aliceToBob', LIKELY_COUNTS)?.count === LAST_COUNT,
            `the record after ${LAST_COUNT - 1} does not have count ${LAST_COUNT}.`,
          )
        for (const method of ['seal', 'seal', 'end', 'seal', 'end'] as const) {
          const outcome = await alice.refused(method, ...(method === 'seal' ? ['the vault opens at 9'] : []))
          const found = outcome && openSomehow(outcome.gave, keys, 'aliceToBob', LIKELY_COUNTS)
          const same = old.find((before) => before.count === found?.count)
          must(
            !outcome,
            `all counts are used up, and ${method}() sealed another record${found ? `, with count ${found.count}` : ''}. It must throw.`,
            () => (same && found && method === 'seal' ? readWithoutKey(same, found) : undefined),
          )
        }
        const bob = await conversation.opener(keys, 'bob', LAST_COUNT)
        const read = await bob.open(alices(keys, LAST_COUNT, 'the last one'))
        must(read === 'the last one', `the record with count ${LAST_COUNT} opened as ${shown(read)}.`)
        const replayed = await bob.refused(old[0]?.sealed ?? EMPTY)
        must(
          !replayed,
          `record 0 was opened as the one after ${LAST_COUNT}.`,
          () =>
            `an attacker has kept the first record of the conversation, and plays it again. Bob has read: ${bob.all}.`,
        )
        const fresh = await conversation.opener(keys, 'bob', LAST_COUNT)
        await fresh.open(alices(keys, LAST_COUNT, 'the last one'))
        const beyond = await fresh.refused(alices(keys, LAST_COUNT + 1, 'one more'))
        must(!beyond, `a record with count ${LAST_COUNT + 1}, which has no room in four bytes, was opened.`)
      },
    },
    {
      name: 'nothing is given away beside: no error and no printed line has a key or a text',
      why: 'errors end up in logs, and logs are read by many. What was sealed on the way lies open there.',
      async check(conversation) {
        const keys = freshKeys()
        const texts = upTo(7).map((i) => `the code of vault ${i} is ${hex(secureRandomBytes(6))}`)
        const text = (i: number) => texts[i] ?? ''
        const alice = await conversation.sealer(keys, 'alice')
        await alice.seal(text(0))
        await alice.end()
        await conversation.sealer(keys, 'bob')
        await alice.refused('seal', text(1))
        const bad: Uint8Array[] = [
          record(keys.aliceToBob, 1, concat(Uint8Array.of(7), utf8(text(2)))),
          record(keys.aliceToBob, 1, concat(Uint8Array.of(END), utf8(text(3)))),
          record(keys.aliceToBob, 1, concat(message(text(4)), Uint8Array.of(0xff))),
          alices(keys, 0, text(0)),
          secureRandomBytes(40),
          EMPTY,
        ]
        for (const bytes of bad) {
          const bob = await bobHas(conversation, keys, text(0))
          await bob.refused(bytes)
          await bob.refused(alices(keys, 1, text(5)))
          await bob.closeRefused()
        }
        const bob = await bobHas(conversation, keys, text(6))
        await bob.open(record(keys.aliceToBob, 1, theEnd))
        await bob.close()
        const places: [string, string][] = [
          ['your program printed', conversation.printed],
          ...conversation.errors.map(({ thrown }): [string, string] => [
            'an error says',
            `${thrown.name} ${thrown.code ?? ''} ${thrown.message}`,
          ]),
        ]
        for (const [where, words] of places) {
          for (const name of ['aliceToBob', 'bobToAlice'] as const) {
            const how = standsIn(words, keys[name].reveal())
            must(
              !how,
              `${where} the key ${name}, ${how}.`,
              () => 'who reads the log opens every record of this direction, and seals others.',
            )
          }
          for (const said of texts) {
            const part = utf8(said.slice(-12))
            const how = standsIn(words, part)
            must(
              !how,
              `${where} what stood in a record, ${how}.`,
              () => `read in the log, without a key: ${shown(said)}.`,
            )
          }
        }
      },
    },
  ],
}

/** A permutation that is not the right order. */
function shuffled(length: number): number[] {
  const order = upTo(length)
  for (let i = length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    const [a = 0, b = 0] = [order[i], order[j]]
    order[i] = b
    order[j] = a
  }
  return order.every((count, i) => count === i) ? shuffled(length) : order
}
