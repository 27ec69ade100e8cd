/**
 * How a conversation ends: by a failure, a cut, the end, or the last count; and what it leaves behind.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { concat, EMPTY, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { different, searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import {
  END,
  LAST_COUNT,
  MESSAGE,
  message,
  type Opened,
  openSomehow,
  readWithoutKey,
  record,
  theEnd,
} from './examine.ts'
import { alices, bobHas, hex, LIKELY_COUNTS, opened, PAY, upTo } from './expectations.ts'
import { type Conversation, freshKeys, shown } from './people.ts'

export const ofEndings: readonly Property<Conversation>[] = [
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
      const last = await alice.refused('seal', 'the last one of all the records')
      const atTheLast = last && openSomehow(last.gave, keys, 'aliceToBob', LIKELY_COUNTS)
      if (last)
        must(
          atTheLast?.count === LAST_COUNT,
          `the record after ${LAST_COUNT - 1} does not have count ${LAST_COUNT}.`,
        )
      const sealedBefore = atTheLast ? [...old, atTheLast] : old
      for (const method of ['seal', 'seal', 'end', 'seal', 'end'] as const) {
        const outcome = await alice.refused(method, ...(method === 'seal' ? ['the vault opens at 9'] : []))
        const found = outcome && openSomehow(outcome.gave, keys, 'aliceToBob', LIKELY_COUNTS)
        const same = sealedBefore.find((before) => before.count === found?.count)
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
      for (const [where, words] of different(places, ([, said]) => said)) {
        const search = searchOf(words)
        for (const name of ['aliceToBob', 'bobToAlice'] as const) {
          const how = search(keys[name].reveal())
          must(
            !how,
            `${where} the key ${name}, ${how}.`,
            () => 'a reader of the log opens every record of this direction, and seals others.',
          )
        }
        for (const said of texts) {
          const part = utf8(said.slice(-12))
          const how = search(part)
          must(
            !how,
            `${where} what stood in a record, ${how}.`,
            () => `read in the log, without a key: ${shown(said)}.`,
          )
        }
      }
    },
  },
]
