/**
 * What is in a box, and what its nonce is.
 *
 * @module
 */
import { secureRandomBytes, utf8 } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import { contains, must, type Property } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import type { Randomness } from '../examiner/values.ts'
import {
  type Boxes,
  firstTwice,
  hex,
  LABEL,
  MAT,
  MEET,
  OVERHEAD,
  POOL_BYTES,
  shown,
  whatItIsWorth,
} from './boxes.ts'
import { NONCE_BYTES, type Opened, openSomehow } from './examine.ts'

export const ofSealing: readonly Property<Boxes>[] = [
  {
    name: 'a box is 28 bytes longer than its text, and shows nothing of it',
    why:
      'bob cuts the box at fixed places: 12 bytes of nonce in front, 16 of tag at the end. And whoever carries it sees ' +
      'every byte.',
    async check(boxes) {
      for (const text of [MEET, '']) {
        const box = await boxes.make(text)
        must(
          text === '' || !contains(box, utf8(text)),
          `the text stands in the box, for all to read: ${shown(text)}.`,
        )
        must(!standsIn(box, boxes.key.reveal()), 'a piece of the key stands in the box.')
        must(
          box.length === text.length + OVERHEAD,
          `for a text of ${text.length} bytes the box has ${box.length}, and not ${text.length + OVERHEAD}: ` +
            '12 of nonce, the text, 16 of tag.',
        )
      }
    },
  },
  {
    name: "bob's program opens the box with the same key",
    why: 'bob has another program, written by others. What you agree on is nothing but the bytes.',
    async check(boxes) {
      for (const text of [' grüße, gru\u0308ße an alle 👋\n', '', 'x'.repeat(5000)]) {
        const box = openSomehow(await boxes.make(text), LABEL, boxes.key.reveal())
        must(
          box,
          'it did not open: nonce in front, then the ciphertext, then the tag? ChaCha20-Poly1305, with the nonce that stands ' +
            'in front, the key itself, and the label as associated data (or none)?',
        )
        must(!box.wrongLayout, `the box is laid out otherwise: ${box.wrongLayout}.`)
        must(!box.wrongKey, `the key that opens it is ${box.wrongKey}; it must be the key itself.`)
        const found = Buffer.from(box.plaintext).toString('utf8')
        must(
          found === text,
          `in the box of ${shown(text)} bob found ${shown(found)}. The text goes in as UTF-8, nothing else.`,
        )
      }
    },
  },
  {
    name: 'the label is sealed to the box',
    why:
      'it stands outside, so the courier can cross it out and write another. As associated data it goes into the tag, and ' +
      'the box opens under this label alone.',
    async check(boxes) {
      for (const label of [LABEL, LABEL.normalize('NFD'), ' for bob ', '']) {
        const { wrongAad } = await boxes.made(MEET, { label })
        const loot = () =>
          `the courier crossed out ${shown(label)} and wrote "For Carol". Nothing in the box knows of it: it opens as before.`
        must(
          !wrongAad,
          `the box was made with ${wrongAad} as associated data, and not with the label ${shown(label)}.`,
          wrongAad === 'nothing' ? loot : undefined,
        )
      }
    },
  },
  {
    name: 'no two boxes have the same nonce, not even after the program was started anew',
    why:
      'ChaCha20 adds a stream of bytes to the text. With the same key and the same nonce it adds the same stream: whoever ' +
      'knows one text subtracts it and reads the other.',
    async check(boxes) {
      const seen = new Map<string, Opened>()
      const look = async (when: string, text: string, label = LABEL) => {
        const box = await boxes.made(text, { label })
        const before = seen.get(hex(box.nonce))
        must(
          !before,
          `${when} had the same nonce as one before: ${hex(box.nonce)}.${when.startsWith('after') ? ' A count, or Math.random, begins anew then.' : ''}`,
          () => before && whatItIsWorth(before, box),
        )
        seen.set(hex(box.nonce), box)
      }
      const parts = [
        ['', MEET, MAT, MEET],
        ['after the program was started anew, ', MAT, MEET, MAT],
      ] as const
      for (const [part, first, second, third] of parts) {
        await boxes.restart()
        await look(`${part}a box`, first)
        await look(`${part}a box with another text`, second)
        await look(`${part}a box with the same text`, third)
        await look(`${part}a box with another label`, 'the fountain is dry, come to the mill', 'For Carol')
      }
    },
  },
  {
    name: 'a nonce is made of 12 random bytes',
    why:
      'nobody counts the boxes of one key: they come from several programs, which know nothing of each other. 12 random ' +
      'bytes do not meet twice. With 4, 80,000 boxes are enough for an even chance; with 1, twenty are.',
    async check(boxes) {
      const make = async (randoms: readonly Randomness[]) =>
        (await boxes.madeOf(randoms, MEET)).map(({ nonce }) => hex(nonce))
      const count = await randomBytesIn(make, secureRandomBytes(POOL_BYTES), NONCE_BYTES, 'the nonce')
      if (count >= NONCE_BYTES) return
      const met = count < 2 ? await firstTwice(boxes) : undefined
      must(false, `the nonce is made of ${count} random bytes, and 12 are needed.`, () => met)
    },
  },
  {
    name: 'it opens what bob has sealed, and the text comes out as it went in',
    why: 'a box is for any text: a password ends with a space, a poem has lines, a name has letters of its own.',
    async check(boxes) {
      const texts = [
        MEET,
        '',
        ' \tspaces around \n',
        'two\r\nlines\n',
        'e\u0301 and é, 😀, \u0000',
        '{"a":1}',
        '"',
        '12',
        'x'.repeat(5000),
      ]
      for (const text of texts) {
        const opened = await boxes.refused(await boxes.bobs(text))
        must(
          opened,
          `bob sealed ${shown(text)}, and openBox did not open it. ${boxes.errors.at(-1)?.message}`,
        )
        const found = opened.gave
        must(
          typeof found === 'string',
          `openBox returned ${found === null ? 'null' : typeof found}, not text.`,
        )
        must(found === text, `bob sealed ${shown(text)}, and openBox gave ${shown(found)}.`)
      }
    },
  },
]
