/**
 * Conversations side by side: several at once, of which none may decide another; and some that differ in nothing that may be seen.
 *
 * @module
 */
import { must } from '../examiner/property.ts'
import { cutIntoFrames } from './examine.ts'
import type { Meetings } from './meetings.ts'
import type { Bob } from './people.ts'
import { ACK, END } from './stories.ts'
import { expectRejected } from './trials.ts'

/** Of texts, in ASCII, of which nothing needs to be known but how long they are. */
const LENGTHS = [24, 600, 9_000, 70_000, 140_000]
const LETTERS = ['x', 'at nine, by the fountain. ', '0']

/** @throws Missing when what is said in one conversation counts in another that goes on beside it. */
export async function sharesNothing(meetings: Meetings): Promise<void> {
  const { alice } = meetings
  const heard = async () => {
    for (let i = 0; i < 3; i++) await alice.beat()
  }
  const counts = (count: number) => async (bob: Bob) => {
    bob.say({ type: 'ack', count })
    await heard()
    bob.say(END)
  }
  const acks = async (bob: Bob) => {
    bob.say(ACK)
    await heard()
    await heard()
  }
  const ends = async (bob: Bob) => {
    await heard()
    bob.say(END)
    await heard()
  }
  // Each says all that is in its story; none of them is well, but those of `answers`.
  const answers = async (bob: Bob) => {
    bob.say(ACK, END)
    await heard()
  }
  const cases: [string, ((bob: Bob) => Promise<unknown>)[], number[]][] = [
    ['in each bob acknowledged 2 messages, and there was one', [counts(2), counts(2)], [0, 1]],
    ['in each bob acknowledged 3 messages, and there was one', [counts(3), counts(3), counts(3)], [0, 1, 2]],
    ['one bob acknowledged it without an end, the other said his end without an ack', [acks, ends], [0, 1]],
    ['one bob did all as agreed, the other only acknowledged it', [answers, acks], [1]],
    ['one bob did all as agreed, the other only said his end', [answers, ends], [1]],
  ]
  for (const [story, thens, bad] of cases) {
    const talks = await meetings.together(
      thens.map((_, i) => `at ${i + 7}, by the fountain`),
      [],
      thens,
    )
    for (const [i, { outcome }] of talks.entries()) {
      const where = `in ${thens.length} conversations at once, ${story}`
      if (bad.includes(i)) expectRejected(outcome, where, 'one conversation has answered for another.')
      else must(outcome.result === 'resolved', `${where}; of the first alice says: ${outcome.why}`)
    }
  }
}

/** @throws Missing when the lengths of what is on the line depend on more than the text's length. */
export async function showsNothing(meetings: Meetings): Promise<void> {
  const lengths = meetings.alice.isSlow ? LENGTHS.slice(2, 3) : LENGTHS
  for (const length of lengths) {
    let first: string | undefined
    for (const letters of LETTERS) {
      // What is done to the ends of a text is another property's.
      const text = `${letters.repeat(length).slice(0, length - 1)}.`
      const { outcome, rest } = await meetings.honest(text)
      // Why it failed is another property's.
      if (outcome.result !== 'resolved') continue
      const frames = cutIntoFrames(rest).frames.map((frame) => frame.length)
      first ??= frames.join()
      must(
        first === frames.join(),
        `two texts of ${length} bytes were sent, and the frames had other lengths: ${shortly(first)}, then ${shortly(frames.join())}.`,
        () => 'lengths are not sealed: whoever records the line learns from them what they were made from.',
      )
    }
  }
}

const shortly = (list: string) => (list.length > 60 ? `${list.slice(0, 60)}…` : list)
