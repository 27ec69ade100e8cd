import { equal, secureRandomBytes } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { message, type Opened, readWithoutKey, record, TAG_BYTES, theEnd } from './examine.ts'
import { alices, hex, mustSay, opened } from './expectations.ts'
import type { Keys } from './given.ts'
import { type Conversation, freshKeys, type Opening, type Sealing, shown } from './people.ts'

export const ofGoingWell: readonly Property<Conversation>[] = [
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
      if (sealed.length <= TAG_BYTES) {
        const bob = await conversation.opener(keys, 'bob')
        const isFooled = (await bob.refused(sealed))?.gave === undefined && (await bob.closeRefused())
        must(
          false,
          `the end is ${sealed.length} bytes, and a sealed one is 17: everybody can make this.`,
          () =>
            isFooled
              ? 'somebody on the way has written these bytes and cut the line, before alice had said a word. To bob that was a whole conversation.'
              : undefined,
        )
      }
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
      const found = opened(await later.seal('the vault opens at 9'), third, 'aliceToBob', 'a record')
      const { count } = found
      must(
        count === 7,
        `makeSealer(keys, 'alice', 7) was called, and the first record has count ${count}, not 7.`,
        () => {
          const said = 'the first words of all'
          const sealed = alices(third, count, said)
          if (count > 7) return undefined
          return readWithoutKey({ count, content: message(said), sealed, key: 'aliceToBob' }, found)
        },
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
]
