/**
 * How conversations end in which bob keeps to the agreement: what alice says in them, when she hangs up, and what is left of them.
 *
 * @module
 */
import { secureRandomBytes, u16 } from 'symbolon/protocol'
import type { Left } from '../examiner/left.ts'
import { must } from '../examiner/property.ts'
import type { Alice } from './alice.ts'
import { type Meetings, transcript } from './meetings.ts'
import type { Talk } from './outcome.ts'
import type { Bob } from './people.ts'
import { ACK, END, legal, SAID } from './stories.ts'
import { TEXT, tell } from './trials.ts'

/** Of bob's words: much more than a program needs to pass over them. */
const MANY_WORDS = 48
const MAX_BODY_BYTES = 65_516
const MAX_KEPT_BYTES = 1024 * 1024
/** A text of half a mebibyte, and less than half of it. */
const LONG_CHARS = 2 ** 18
const MAX_LEFT_BYTES = 200 * 1024
const HOUR_SEC = 3600
const LOOKS = 5
const STEADY_BYTES = 16 * 1024

/** All of what bob may do, once. */
export function toldLegal(meetings: Meetings): Promise<(readonly [string, Talk])[]> {
  return meetings.once('legal', async () => {
    await firstOfHerOwn(meetings)
    const told = await meetings.each(Object.entries(legal), async ([story, then]) => {
      return [story, await tell(meetings, then)] as const
    })
    return [
      ...told,
      ['his first words came in one packet with message 2', await meetings.greeted(TEXT)] as const,
    ]
  })
}

/** Which conversation was the first in which alice was not run again with the same randomness. */
export const firstOfHerOwn = (meetings: Meetings): Promise<number> =>
  meetings.once('first', async () => meetings.outcomes.length)

/** @throws Missing when bob hears the message more than once. */
export async function saysItOnce(meetings: Meetings): Promise<void> {
  for (const [story, talk] of await toldLegal(meetings)) {
    const { types } = transcript(talk)
    // What comes behind her end is another property's.
    const saying = types.includes('end') ? types.slice(0, types.indexOf('end')) : types
    const times = saying.filter((type) => type === 'message').length
    must(times <= 1, `${story}, and alice sent it ${times} times.`, () => 'he pays each of them.')
  }
}

/** @throws Missing when alice leaves a conversation that is well without her end. */
export async function alwaysSaysHerEnd(meetings: Meetings): Promise<void> {
  for (const [story, talk] of await toldLegal(meetings)) {
    if (talk.outcome.result !== 'resolved') continue
    const { types, problem } = transcript(talk)
    must(!problem, `${story}, and bob got something else from alice: ${problem}.`)
    must(types.includes('end'), `${story}, and alice hung up without her end.`, () => {
      return 'bob does not know whether alice was cut off, and his program says that she was.'
    })
    const after = types.slice(types.indexOf('end') + 1).filter((type) => type !== 'ack' && type !== 'abort')
    must(after.length === 0, `${story}, and after her end alice said more: ${after.join(', ')}.`)
  }
}

/** @throws Missing when alice's half of the connection ends before bob has said that he has no more to say. */
export async function hangsUpLast(meetings: Meetings): Promise<void> {
  let isEarly = false
  const then = async (bob: Bob, { ended }: { readonly ended: boolean }) => {
    bob.say(ACK)
    if (!ended && !(await bob.end())) {
      isEarly = true
      return
    }
    const gone = bob.frame().then((frame) => frame === undefined)
    isEarly = await Promise.race([gone, meetings.alice.wait(1).then(() => false)])
    bob.say(END)
    await gone
  }
  const { outcome } = await tell(meetings, then)
  // What was not heard to its end is another property's.
  if (outcome.result !== 'resolved') return
  must(!isEarly, 'bob had acknowledged the message and not said his end yet, and alice had hung up already.')
}

/** @throws Missing when bob is told that what he said was handled. */
export async function acknowledgesNothing(meetings: Meetings): Promise<void> {
  for (const [story, talk] of await toldLegal(meetings)) {
    if (!transcript(talk).types.includes('ack') || meetings.alice.printed.includes(SAID)) continue
    must(false, `${story}, and alice acknowledged it, although nobody will read it.`, () => {
      return `bob's screen: "she knows that I am late". She does not.`
    })
  }
}

/** @throws Missing when something of a conversation stays. */
export async function leavesNothing(meetings: Meetings): Promise<void> {
  const { alice } = meetings
  await endsWithErrors(meetings)
  if (!hasMemory(alice)) return
  const { timers, given, keys, listeners } = await nothingLeft(alice)
  must(timers === 0, 'it is over, and a timer still runs: a program cannot end before it.')
  must(given === 0, 'it is over, and the secret is still in memory.', () => {
    return "whoever gets at the program's memory tomorrow opens what was recorded of these handshakes."
  })
  must(
    keys === 0,
    "it is over, and the conversation's keys, or the secret's bytes, are still in memory.",
    () => {
      return "whoever gets at the program's memory tomorrow opens what was recorded of these conversations."
    },
  )
  await alice.wait(HOUR_SEC)
  await forgetsTexts(meetings)
  await passesOver(meetings)
  const later = (await alice.left()).listeners
  must(
    later <= listeners,
    'a few conversations later more functions wait for events of the process than before.',
  )
}

/** What a connection is closed with may take another turn. */
async function nothingLeft(alice: Required<Pick<Alice, 'left'>> & Alice): Promise<Left> {
  let left = await alice.left()
  for (let look = 1; look < LOOKS && left.keys > 0; look++) {
    await alice.beat()
    left = await alice.left()
  }
  return left
}

/** Of a command nothing is left. */
const hasMemory = (alice: Alice): alice is Required<Pick<Alice, 'left'>> & Alice => alice.left !== undefined

/** Something happens to the connection when all has been said. */
async function endsWithErrors(meetings: Meetings): Promise<void> {
  await tell(meetings, (bob) => {
    // In one write, so that it is there when alice has heard the end.
    bob.wire.write(Buffer.concat([bob.sealed(ACK, END), u16(100), secureRandomBytes(5)]))
  })
  await tell(meetings, async (bob, { ended }) => {
    bob.say(ACK, END)
    if (!ended) await bob.end()
    await bob.reset()
  })
  await meetings.alice.beat()
  await meetings.alice.beat()
}

/** How much memory is. What is free is given back in the background: more than `most` is looked at again, while it becomes less. */
async function inUse(alice: Alice, most: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < LOOKS && least > most; look++) {
    const bytes = (await alice.left?.())?.bytes ?? 0
    if (most === 0 && least - bytes < STEADY_BYTES) return Math.min(least, bytes)
    least = Math.min(least, bytes)
  }
  return least
}

async function forgetsTexts(meetings: Meetings): Promise<void> {
  const { alice } = meetings
  const say = (text: string) => meetings.talk((bob) => bob.answers(), text)
  await say('λ'.repeat(LONG_CHARS))
  // What only the last one leaves is of a short one now.
  await say(TEXT)
  const before = await inUse(alice, 0)
  await say('σ'.repeat(LONG_CHARS))
  const kept = (await inUse(alice, before + MAX_LEFT_BYTES)) - before
  must(
    kept < MAX_LEFT_BYTES,
    `a text of half a mebibyte was sent, and ${kept >> 10} KiB of it are still in memory.`,
  )
}

async function passesOver(meetings: Meetings): Promise<void> {
  const { alice } = meetings
  const before = await inUse(alice, 0)
  let kept = 0
  await tell(meetings, async (bob, { ended }) => {
    for (let i = 0; i < MANY_WORDS; i++) {
      bob.say({ type: 'message', body: new Uint8Array(MAX_BODY_BYTES).fill(i) })
    }
    bob.say(ACK)
    // When she says her end she has heard all that.
    if (!ended) await bob.end()
    for (let i = 0; ended && i < MANY_WORDS; i++) await alice.beat()
    kept = (await inUse(alice, before + MAX_KEPT_BYTES)) - before
    bob.say(END)
  })
  must(
    kept < MAX_KEPT_BYTES,
    `bob said ${MANY_WORDS} things of 64 KiB, and alice keeps ${kept >> 10} KiB of it.`,
    () => {
      return 'a bob who talks without end fills her memory, until her program is ended.'
    },
  )
}
