/**
 * Alice calls a receiver that is a command, and what is expected of it then.
 *
 * @module
 */
import { type ChannelRecord, utf8 } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { type Caller, type CommandedBob, type Key, type Opening, until } from './bob.ts'

export const TEXT = 'at nine, by the fountain'
export const MAX_MESSAGE_BYTES = 2 ** 20
const LAST_WORDS_MS = 1_000
export const END: ChannelRecord = { type: 'end' }
export const message = (text: string): ChannelRecord => ({ type: 'message', body: utf8(text) })
export const part = (text: string): ChannelRecord => ({ type: 'part', body: utf8(text) })
export const acks = (heard: readonly ChannelRecord[]) =>
  heard.flatMap((record) => (record.type === 'ack' ? [record.count] : []))

/** Dials, uses the connection, and closes it. */
export async function calling<T>(bob: CommandedBob, use: (caller: Caller) => Promise<T>): Promise<T> {
  const caller = await bob.call()
  try {
    return await use(caller)
  } finally {
    caller.destroy()
  }
}

/** A conversation in which all goes well. */
export async function converses(
  bob: CommandedBob,
  story: string,
  say: (caller: Caller) => Promise<void> | void,
  texts: readonly string[],
) {
  const before = bob.shown().length
  const key = await bob.key()
  await calling(bob, async (caller) => {
    must(await caller.shakeHands(key), `${story}: bob does not answer a good ticket as bob.`)
    await say(caller)
    const isAcknowledged = await caller.hears((heard) => acks(heard).at(-1) === texts.length)
    must(
      isAcknowledged,
      `${story}: bob did not acknowledge ${texts.length} messages; his counts: ${acks(caller.heard).join(', ') || 'none'}.`,
    )
    // What was printed before the ack was sent may come here after it: it takes another way.
    await until(() => bob.shown().length >= before + texts.length, LAST_WORDS_MS)
    const shown = bob.shown().slice(before)
    must(
      shown.length === texts.length,
      `${story}: bob showed ${shown.length} messages and acknowledged ${texts.length}.`,
    )
    for (const [i, text] of texts.entries()) {
      must(
        shown[i]?.from === 'alice',
        `${story}: bob says it is from ${JSON.stringify(shown[i]?.from)}, and the ticket names alice.`,
      )
      must(
        shown[i]?.text === text,
        `${story}: bob showed ${short(shown[i]?.text)} instead of ${short(text)}.`,
      )
    }
    caller.say(END)
    must(
      await caller.hears((heard) => heard.some(({ type }) => type === 'end')),
      `${story}: bob does not say his end after alice's.`,
    )
    const counts = acks(caller.heard)
    must(
      counts.at(-1) === texts.length && counts.every((count, i) => i === 0 || count > (counts[i - 1] ?? 0)),
      `${story}: there were ${texts.length} messages, and bob's counts are ${counts.join(', ')}.`,
    )
    must(await caller.closed(), `${story}: both have said their end, and bob does not hang up.`)
  })
}

/** All must go well again: what went wrong in one channel ends that one. */
export const stillServes = (bob: CommandedBob, story: string) =>
  converses(bob, `after ${story}`, (caller) => caller.say(message(TEXT)), [TEXT])

/** Whether bob takes the ticket: he answers as one who has opened it. */
export const takes = (bob: CommandedBob, key: Key): Promise<boolean> =>
  calling(bob, (caller) => caller.shakeHands(key))

/** Bob does not answer as bob, hangs up, and shows nothing. What he says besides is looked at by itself. */
export async function refuses(
  bob: CommandedBob,
  story: string,
  key: Key,
  loot = 'whoever sent that now talks to bob, and he believes what its ticket says.',
): Promise<void> {
  const before = bob.shown().length
  await calling(bob, async (caller) => {
    must(!(await caller.shakeHands(key)), `${story}, and bob took it.`, () => loot)
    if (caller.answered > 0) bob.excuses.push(`${story}, and bob answered with ${caller.answered} bytes`)
    must(await caller.closed(), `${story}, and bob did not hang up.`)
  })
  must(bob.shown().length === before, `${story}, and bob showed a message.`)
}

/** Bob hangs up without a byte, and shows nothing. */
export async function isSilent(bob: CommandedBob, story: string, key: Key, opening?: Opening): Promise<void> {
  const before = bob.shown().length
  await calling(bob, async (caller) => {
    caller.open(key, opening)
    await until(() => caller.isClosed || caller.answered > 0, bob.limitMs)
    must(caller.answered === 0, `${story}, and bob answered with ${caller.answered} bytes.`, () => {
      return 'whoever has copied a ticket from the line knows now that bob is here, and that it is still good.'
    })
    must(caller.isClosed, `${story}, and bob did not hang up.`)
  })
  must(bob.shown().length === before, `${story}, and bob showed a message.`)
}

export function short(text: unknown): string {
  const shown = JSON.stringify(text) ?? 'nothing'
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown
}
