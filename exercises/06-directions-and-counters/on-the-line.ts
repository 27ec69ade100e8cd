import { concat, EMPTY, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { END, MESSAGE, message, record, TAG_BYTES, theEnd } from './examine.ts'
import { alices, bobHas, opened, PAY, shuffled } from './expectations.ts'
import { type Conversation, freshKeys, shown } from './people.ts'

export const ofTheLine: readonly Property<Conversation>[] = [
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
        const isTheEnd = outcome && outcome.gave === undefined && (await bob.closeRefused())
        must(!outcome, `${what}: instead of an error came ${shown(outcome?.gave)}.`, () => {
          if (outcome?.gave === PAY.replace('1', '9'))
            return `an attacker without a key made "${PAY}" into ${shown(outcome.gave)}.`
          return isTheEnd
            ? 'an attacker without a key has spoilt a record and cut the line. To bob that was the end: the conversation looks whole.'
            : undefined
        })
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
      const [alice, bob] = [await conversation.sealer(keys, 'alice'), await conversation.sealer(keys, 'bob')]
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
      must(found.key === 'bobToAlice', "bob has sealed with the key that is for alice's records.", () => loot)
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
]
