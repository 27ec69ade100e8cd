/**
 * The grader of exercise 01: what a box must be and what must not open, looked at from outside.
 *
 * @module
 */
import { concat, EMPTY, equal, Secret, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import type { StudentError, StudentProgram } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import { Randomness } from '../examiner/values.ts'
import { bobsBox, NONCE_BYTES, type Opened, openSomehow, readWithoutKey, TAG_BYTES } from './examine.ts'

/** More than any box needs. */
const POOL_BYTES = 1024
const OVERHEAD = NONCE_BYTES + TAG_BYTES
const LABEL = 'For Bob, café, 20 November'
const MEET = 'meet me at 5 by the fountain'
const MAT = 'the key is under the flower pot'

const freshKey = () => new Secret('channel secret', secureRandomBytes(32))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** The student's two functions, and what they threw so far. */
class Boxes {
  readonly #program: StudentProgram
  readonly key: Secret = freshKey()
  readonly errors: StudentError[] = []

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  async make(
    text: string,
    { label = LABEL, key = this.key, random = new Randomness(secureRandomBytes(POOL_BYTES)) } = {},
  ): Promise<Uint8Array> {
    const { value, async } = await this.#program.returned('makeBox', text, label, key, random)
    must(!async, 'makeBox returned a promise: nothing in it needs async.')
    must(
      value instanceof Uint8Array,
      `makeBox returned ${value === null ? 'null' : typeof value}, not bytes (a Uint8Array).`,
    )
    return value
  }

  /** A box, opened in whatever way it opens: what later properties look into. */
  async made(
    text: string,
    options: { label?: string; key?: Secret; random?: Randomness } = {},
  ): Promise<Opened> {
    const { label = LABEL, key = this.key } = options
    const box = openSomehow(await this.make(text, options), label, key.reveal())
    must(box, 'it cannot be told before bob can open the box.')
    return box
  }

  async open(box: Uint8Array, { label = LABEL, key = this.key } = {}): Promise<unknown> {
    const { value, async } = await this.#program.returned('openBox', box, label, key)
    must(!async, 'openBox returned a promise: nothing in it needs async.')
    return value
  }

  /** What openBox gave, or nothing when it threw, as it should. */
  async refused(
    box: Uint8Array,
    options: { label?: string; key?: Secret } = {},
  ): Promise<{ gave: unknown } | undefined> {
    const outcome = await attempt(this.open(box, options))
    if ('gave' in outcome) return outcome
    this.errors.push(outcome.error)
    return undefined
  }

  /** A box of bob's that this program opens: where it does not take the label as associated data, another property says so. */
  async bobs(text: string, { label = LABEL, key = this.key } = {}): Promise<Uint8Array> {
    const nonce = secureRandomBytes(NONCE_BYTES)
    const right = bobsBox(utf8(text), utf8(label), key.reveal(), nonce)
    if (await this.refused(right, { label, key })) return right
    this.errors.pop()
    for (const aad of [EMPTY, utf8(label.toLowerCase()), utf8(label.trim())]) {
      const other = bobsBox(utf8(text), aad, key.reveal(), nonce)
      if (await this.refused(other, { label, key })) return other
      this.errors.pop()
    }
    return right
  }

  /** Starts the program anew. */
  restart(): Promise<void> {
    return this.#program.end()
  }
}

const labelled = (label: string) => (label ? `the label ${shown(label)}` : 'no label')

function gaveText(gave: unknown): string {
  if (gave === '') return 'the empty text (and an empty text is a message too)'
  return typeof gave === 'string' ? shown(gave) : String(gave)
}

export const grader: Grader<Boxes> = {
  file: 'box.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'KEY_BYTES',
    'Secret',
    'TAG_BYTES',
    'toBase64url',
    'u16',
    'utf8',
  ],
  subject: (program) => new Boxes(program),
  properties: [
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
        const make = async (random: Randomness) => hex((await boxes.made(MEET, { random })).nonce)
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
        for (const bit of [five, ...flips]) {
          const changed = Uint8Array.from(box)
          changed[bit >> 3] = (box[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const opened = await boxes.refused(changed)
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
        const said = boxes.errors.map(({ thrown }) => `${thrown.name} ${thrown.message} ${thrown.all}`)
        for (const [where, text] of [
          ['somewhere an error says', said.join('\n')],
          ['somewhere it printed', boxes.printed],
        ] as const) {
          const spelling = standsIn(text, boxes.key.reveal())
          must(!spelling, `${where} the key, ${spelling}.`, () => 'whoever reads the log opens every box.')
          const found = [MEET, MAT].find((secret) => text.includes(secret) || standsIn(text, utf8(secret)))
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
        'who may send boxes and sees how they fail learns from the difference: there are ciphers that were broken with ' +
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
  ],
}

/** A box that bob could make: what is in it is no text. */
async function notText(boxes: Boxes): Promise<Uint8Array> {
  return bobsBox(
    Uint8Array.of(0x68, 0x69, 0xff, 0xfe),
    utf8(LABEL),
    boxes.key.reveal(),
    secureRandomBytes(NONCE_BYTES),
  )
}

/** In which part of a box a byte is. */
function place(index: number, length: number): [string, number] {
  if (index < NONCE_BYTES) return ['nonce', index]
  return [index < length - TAG_BYTES ? 'ciphertext' : 'tag', index]
}

function whatItIsWorth(before: Opened, box: Opened): string {
  if (!equal(before.plaintext, box.plaintext)) return readWithoutKey(before, box)
  return 'the courier has no key, holds the two boxes side by side, and knows that the same was said twice.'
}

/** How soon a nonce comes twice. */
async function firstTwice(boxes: Boxes): Promise<string | undefined> {
  const seen = new Map<string, Opened>()
  for (let i = 1; i <= 300; i++) {
    const box = await boxes.made(i % 2 ? MEET : MAT)
    const before = seen.get(hex(box.nonce))
    if (before && !equal(before.plaintext, box.plaintext)) {
      return `box ${i} had the nonce of one before. ${readWithoutKey(before, box)}`
    }
    if (!before) seen.set(hex(box.nonce), box)
  }
  return undefined
}
