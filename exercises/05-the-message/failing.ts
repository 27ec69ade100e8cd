/**
 * Conversations that fail: before the first byte, and with texts of which a piece would be found wherever it is.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { Secret, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { firstIn, searchOf } from '../examiner/leaks.ts'
import { Wiped } from '../examiner/values.ts'
import type { Invitation } from './given.ts'
import type { Meetings } from './meetings.ts'
import { impostor, invitation, silent } from './people.ts'
import { ACK, END, garbage, type Stories, WORDS } from './stories.ts'
import { expectRejected, tellOf } from './trials.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
/** Short ones and long ones: who quotes may look at the length first. */
const LENGTHS = [12, 25, 40, 100, 300, 66_000]
const PIECE_BYTES = 8
const MAX_CODE_CHARS = 64
const QUOTED_CHARS = 60_000
/** Of a long text its beginning and its end. */
const LOOKED_AT = 100
const RANDOM = /^[a-z]+$/

/** Nothing but letters by chance: no program says them of its own. */
const randomText = (length: number): string =>
  Array.from(randomBytes(length), (byte) => LETTERS[byte % LETTERS.length]).join('')

const failures: Stories = {
  'bob read the message and hung up without an ack': () => {},
  'bob aborted, and gave her text for a reason': (bob, { text }) =>
    bob.say({ type: 'abort', code: text.slice(0, MAX_CODE_CHARS) }),
  'bob aborted': (bob) => bob.say({ type: 'abort', code: 'busy' }),
  'what bob said did not open': (bob) => bob.wire.write(garbage(27)),
  'bob acknowledged 2 messages, and there was one': (bob) => bob.say({ type: 'ack', count: 2 }, END),
  'bob acknowledged the message, and the line was cut before his end': (bob) => bob.say(ACK),
  'bob said something after his end': (bob) => bob.say(ACK, END, WORDS),
  'bob said her text back after his end': (bob, { text }) => {
    // As much of it as one record holds.
    bob.say(END, { type: 'message', body: utf8(text.slice(0, QUOTED_CHARS)) })
  },
}

/** What alice is told then, her errors and her screen tell. */
export async function failsWithEveryText(meetings: Meetings): Promise<void> {
  const texts = LENGTHS.map(randomText)
  const stories = Object.entries(failures)
  await meetings.each(texts, async (text) => {
    expectRejected(await meetings.meet(silent, invitation(), text), 'somebody hung up at once')
  })
  await meetings.each(stories, async ([story, then], i) => {
    for (const text of [texts[i % texts.length], texts[(i + 3) % texts.length]] as string[]) {
      expectRejected((await tellOf(meetings, text, then)).outcome, story)
    }
  })
  const stranger = impostor(() => secureRandomBytes(48))
  expectRejected(await meetings.meet(stranger, invitation(), texts[4] as string), 'bob was an impostor')
}

/** Before anything can be sent. */
export async function failsAtOnce(meetings: Meetings): Promise<void> {
  // A command has its invitation from the KDC.
  if (meetings.alice.isSlow) return
  const { ticket } = invitation()
  const cases: [string, Invitation][] = [
    ['the secret had been wiped', { ticket, secret: new Wiped('channel secret', secureRandomBytes(32)) }],
    ['the secret had 64 bytes', { ticket, secret: new Secret('export key', secureRandomBytes(64)) }],
    ['the ticket had 70000 bytes', { ...invitation(), ticket: new Uint8Array(70_000) }],
  ]
  for (const [story, to] of cases) {
    expectRejected(await meetings.meet(silent, to, randomText(40)), story)
  }
}

/** Looks for secrets in texts: errors say the same again and again. */
export function searches(): typeof searchOf {
  const made = new Map<string, ReturnType<typeof searchOf>>()
  return (text) => {
    const search = made.get(text) ?? searchOf(text)
    made.set(text, search)
    return search
  }
}

/** How a piece of the text stands in what was told or printed; nothing when there is none, or the text may be said by anybody. */
export function quoted(told: string, text: string): string | undefined {
  if (told === '' || !RANDOM.test(text)) return undefined
  const pieces = new Set<string>()
  for (let at = 0; at + PIECE_BYTES <= text.length; at++) {
    if (at < LOOKED_AT || at >= text.length - LOOKED_AT) pieces.add(text.slice(at, at + PIECE_BYTES))
  }
  const all = Array.from(pieces, (piece) => ({
    bytes: utf8(piece),
    backwards: [...piece].reverse().join(''),
  }))
  const found = firstIn(told.toLowerCase(), all) ?? firstIn(told, all)
  return found?.how ?? (all.some(({ backwards }) => told.includes(backwards)) ? 'backwards' : undefined)
}
