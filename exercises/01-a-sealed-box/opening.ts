/**
 * What does not open, and what is said then.
 *
 * @module
 */
import { concat, EMPTY, equal, Secret, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import {
  type Boxes,
  freshKey,
  gaveText,
  LABEL,
  labelled,
  MAT,
  MEET,
  notText,
  OVERHEAD,
  place,
  shown,
} from './boxes.ts'
import { bobsBox, NONCE_BYTES, openSomehow } from './examine.ts'

export const ofOpening: readonly Property<Boxes>[] = [
  {
    name: 'a box in which one bit was changed does not open',
    why:
      'adding a stream hides a text and does not protect it: a bit changed in the box is the same bit changed in the text. ' +
      'Only the tag shows it, and only if it is compared before the text is used.',
    async check(boxes) {
      const box = await boxes.bobs(MEET)
      const flips = Array.from({ length: box.length * 8 }, (_, bit) => bit)
      // From 5 to 7: what a courier would do.
      const five = (NONCE_BYTES + MEET.indexOf('5')) * 8 + 1
      const all = [five, ...flips]
      const changed = (bit: number) => box.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      const outcomes = await boxes.allRefused(all.map(changed))
      for (const [i, bit] of all.entries()) {
        const opened = outcomes[i]
        const [where, at] = place(bit >> 3, box.length)
        must(
          !opened,
          `one bit of the ${where} was changed (byte ${at} of the box), and instead of an error came ${gaveText(opened?.gave)}.`,
          bit === five && typeof opened?.gave === 'string' && opened.gave !== ''
            ? () =>
                `bob wrote ${shown(MEET)}. The courier has no key, changed one bit, and you read: ${gaveText(opened.gave)}.`
            : undefined,
        )
      }
    },
  },
  {
    name: 'a box that was cut, lengthened or is none does not open',
    why:
      'what arrives is whatever somebody sent. An empty text from an empty box is a message that bob never wrote, and ' +
      'everybody can send it.',
    async check(boxes) {
      const box = await boxes.bobs(MEET)
      const cuts = Array.from({ length: box.length }, (_, i) => box.subarray(0, i))
      for (const cut of [EMPTY, ...cuts.reverse(), box.subarray(1)]) {
        const opened = await boxes.refused(cut)
        must(
          !opened,
          `${cut.length} of the ${box.length} bytes of a box were handed in, and instead of an error came ${gaveText(opened?.gave)}.`,
        )
      }
      for (const more of [Uint8Array.of(0), utf8('\n'), box]) {
        for (const longer of [concat(box, more), concat(more, box)]) {
          const opened = await boxes.refused(longer)
          must(
            !opened,
            `a box with ${more.length} ${more.length === 1 ? 'byte' : 'bytes'} more was handed in, and instead of an error came ${gaveText(opened?.gave)}.`,
          )
        }
      }
      for (const length of [1, OVERHEAD - 1, OVERHEAD, OVERHEAD + 9]) {
        const opened = await boxes.refused(new Uint8Array(length))
        must(
          !opened,
          `${length} zero bytes were handed in, and instead of an error came ${gaveText(opened?.gave)}.`,
        )
      }
    },
  },
  {
    name: 'with another label it does not open',
    why: 'the label says for whom the box is. If any will do, the courier decides it.',
    async check(boxes) {
      for (const label of [LABEL, ' for bob ', '', 'For Bob']) {
        const right = bobsBox(utf8(MEET), utf8(label), boxes.key.reveal(), secureRandomBytes(NONCE_BYTES))
        const without = bobsBox(utf8(MEET), EMPTY, boxes.key.reveal(), secureRandomBytes(NONCE_BYTES))
        for (const [box, written] of [
          [right, label],
          [without, ''],
        ] as const) {
          for (const other of [
            'For Carol',
            '',
            `${written} `,
            written.trim(),
            written.toLowerCase(),
            written.normalize('NFD'),
            written.slice(0, -1),
          ]) {
            if (other === written) continue
            const opened = await boxes.refused(box, { label: other })
            must(
              !opened,
              `a box was sealed under ${labelled(written)}. Under ${labelled(other)} came ${gaveText(opened?.gave)}.`,
              () =>
                `the courier put ${labelled(other)} in the place of ${labelled(written)}, without any key, and you read: ${gaveText(opened?.gave)}.`,
            )
          }
        }
        must(
          await boxes.refused(right, { label }),
          `a box was sealed under the label ${shown(label)}, and under this label it does not open.`,
        )
      }
    },
  },
  {
    name: 'with another key it does not open, and every key makes boxes of its own',
    why: 'alice has a key with bob and another with carol. A program that keeps the first one it saw tells carol what is for bob.',
    async check(boxes) {
      const last = Uint8Array.from(boxes.key.reveal())
      last[31] = (last[31] ?? 0) ^ 1
      const carol = freshKey()
      const box = await boxes.bobs(MEET)
      must(equal(utf8(MEET), utf8(String(await boxes.open(box)))), 'a right box does not open any more.')
      for (const key of [
        carol,
        new Secret('channel secret', last),
        new Secret('channel secret', new Uint8Array(32)),
      ]) {
        const opened = await boxes.refused(box, { key })
        must(
          !opened,
          `a box of bob's was opened with another key than his: ${gaveText(opened?.gave)}.`,
          () => `carol has her own key only, and reads what is for bob: ${gaveText(opened?.gave)}.`,
        )
      }
      const forCarol = await boxes.make(MAT, { key: carol })
      must(
        !openSomehow(forCarol, LABEL, boxes.key.reveal()),
        "a box was made with carol's key, and it opens with bob's.",
        () => `bob reads what is for carol: ${shown(MAT)}.`,
      )
      must(
        openSomehow(forCarol, LABEL, carol.reveal()),
        "a box was made with carol's key after boxes with bob's, and it does not open with hers.",
      )
      must(
        (await boxes.open(await boxes.bobs(MAT, { key: carol }), { key: carol })) === MAT,
        "a right box with carol's key does not open.",
      )
    },
  },
  {
    name: 'nothing is given away beside: no error and no printed line has the key or the text',
    why: 'errors end up in logs, and logs are read by many, copied, and kept for years.',
    async check(boxes) {
      await boxes.refused(await boxes.bobs(MEET), { key: freshKey() })
      await boxes.refused(new Uint8Array(OVERHEAD))
      const said = new Set(boxes.errors.map(({ thrown }) => `${thrown.name} ${thrown.message} ${thrown.all}`))
      for (const [where, text] of [
        ['somewhere an error says', [...said].join('\n')],
        ['somewhere it printed', boxes.printed],
      ] as const) {
        const search = searchOf(text)
        const spelling = search(boxes.key.reveal())
        must(!spelling, `${where} the key, ${spelling}.`, () => 'whoever reads the log opens every box.')
        const found = [MEET, MAT].find((secret) => text.includes(secret) || search(utf8(secret)))
        must(
          !found,
          `${where} the text of a box: ${shown(found ?? '')}.`,
          () => `it was read in the log: ${shown(found ?? '')}.`,
        )
      }
    },
  },
  {
    name: 'whatever is wrong, it throws one and the same Error',
    why:
      'an attacker who may send boxes and sees how they fail learns from the difference: there are ciphers that were broken with ' +
      'nothing else. The caller can do the same in every case: not believe it.',
    async check(boxes) {
      const box = await boxes.bobs(MEET)
      const flipped = (at: number) => Uint8Array.from(box, (byte, i) => (i === at ? byte ^ 1 : byte))
      const cases: [string, Uint8Array, { label?: string; key?: Secret }?][] = [
        ['a changed nonce', flipped(0)],
        ['a changed ciphertext', flipped(NONCE_BYTES)],
        ['a changed tag', flipped(box.length - 1)],
        ['another label', box, { label: 'For Carol' }],
        ['another key', box, { key: freshKey() }],
        ['no bytes at all', EMPTY],
        ['11 bytes', box.subarray(0, 11)],
        ['27 bytes', box.subarray(0, OVERHEAD - 1)],
        ['28 zero bytes', new Uint8Array(OVERHEAD)],
        ['a good box with bytes in it that are no UTF-8', await notText(boxes)],
      ]
      let first: string | undefined
      for (const [what, bytes, options] of cases) {
        const opened = await boxes.refused(bytes, options)
        must(!opened, `${what}: instead of an error came ${gaveText(opened?.gave)}.`)
        const { thrown } = boxes.errors.at(-1) ?? {}
        must(thrown?.isError, `${what}: what was thrown is no Error but ${thrown?.name}.`)
        const error = `${thrown.name}${thrown.code === undefined ? '' : ` (${thrown.code})`}: ${thrown.message}`
        first ??= error
        must(error === first, `${cases[0]?.[0]}: "${first}". But ${what}: "${error}".`)
      }
    },
  },
]
