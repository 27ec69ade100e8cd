/**
 * What the properties have in common: conversations of one kind, and what is expected of them.
 *
 * @module
 */
import { equal, utf8 } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { openedWithSecret, pretended } from './examine.ts'
import type { Invitation } from './given.ts'
import { type Meetings, transcript } from './meetings.ts'
import type { Outcome, Talk } from './outcome.ts'
import { bobWho, invitation } from './people.ts'
import { type Stories, type Story, silences } from './stories.ts'

/** What is said where it does not matter. */
export const TEXT = 'at nine, by the fountain'
const MAX_SHOWN_CHARS = 60

/** Bob has the message, and then does this. */
export const tell = (meetings: Meetings, then: Story): Promise<Talk> => tellOf(meetings, TEXT, then)

/** The same, and the message is this. */
export function tellOf(meetings: Meetings, text: string, then: Story): Promise<Talk> {
  return meetings.talk(async (bob) => {
    const message = await bob.message()
    if (message) await then(bob, message)
  }, text)
}

/** Each of these stories must end in an error. */
export async function refuses(
  meetings: Meetings,
  stories: Stories,
  loot: string,
  text = TEXT,
): Promise<void> {
  const told = await meetings.each(Object.entries(stories), async ([story, then]) => {
    return [story, await tellOf(meetings, text, then)] as const
  })
  for (const [story, { outcome, rest }] of told) {
    must(text !== TEXT || rest.length > 0, `alice sent no message: ${outcome.why}`)
    expectRejected(outcome, story, loot)
  }
}

/** The stories in which nothing is said for an hour: all at once, as an hour is long. */
export function inSilence(meetings: Meetings): Promise<(readonly [string, Talk])[]> {
  return meetings.once('an hour', () => {
    const stories = Object.entries(silences((seconds) => meetings.alice.wait(seconds)))
    return Promise.all(stories.map(async ([story, then]) => [story, await tell(meetings, then)] as const))
  })
}

/** Bob reads all of the text, or alice says that he does not. */
export async function arrivesOrFails(meetings: Meetings, text: string): Promise<void> {
  const talk = await meetings.honest(text)
  if (talk.outcome.result !== 'resolved') return
  const { text: read } = transcript(talk)
  const other = read && difference(read, utf8(text))
  const size = utf8(text).length
  must(
    read && !other,
    `of ${size} bytes bob got ${read?.length ?? 0}, and alice says that her message was sent.`,
  )
}

/** Bob reads the text, and alice hears that he has. */
export async function arrives(meetings: Meetings, text: string): Promise<void> {
  const talk = await meetings.honest(text)
  const { text: read, problem } = transcript(talk)
  const { outcome } = talk
  const sent = `${short(text)} (${utf8(text).length} bytes)`
  must(read, `bob got no message for ${sent}: ${problem ?? (outcome.why || 'alice says it was sent')}.`)
  const other = difference(read, utf8(text))
  must(!other, `bob read ${read.length} bytes instead of ${sent}: ${other}.`)
  must(outcome.result === 'resolved', `bob read ${sent}, but: ${outcome.why}`)
}

/** What alice has said once she says again, and bob reads it again. */
export async function arrivesAgain(meetings: Meetings): Promise<void> {
  const to = invitation()
  for (const time of ['once', 'again']) {
    const story = `the same text was to be sent ${time}, with the same ticket`
    const talk = await meetings
      .talk((bob) => bob.answers(), TEXT, to)
      .catch((error: Error) => {
        must(false, `${story}: ${error.message}`)
      })
    const { text: read } = transcript(talk)
    must(read && equal(read, utf8(TEXT)), `${story}, and bob did not read it.`)
    must(talk.outcome.result === 'resolved', `${story}, and: ${talk.outcome.why}`)
  }
}

/** What a stranger who answers with this psk reads. */
export async function readByStranger(meetings: Meetings, psk: Uint8Array): Promise<string | undefined> {
  const to = invitation()
  let read: string | undefined
  const stranger = bobWho(pretended(to, psk), async (bob) => {
    read = (await bob.message())?.text
  })
  await meetings.meet(stranger, to, TEXT)
  return read
}

/** What is read when the secret is found one day. */
export function readLater(bytes: Uint8Array, to: Invitation): string | undefined {
  const text = openedWithSecret(bytes, to)
  return text === undefined
    ? undefined
    : `whoever finds the secret in a year opens the recording, and reads: '${text}'`
}

/** @throws Missing when alice did not fail. */
export function expectRejected({ result }: Outcome, story: string, loot?: string): void {
  must(
    result !== 'resolved',
    `${story}, and alice finished as if the message had arrived.`,
    loot === undefined ? undefined : () => loot,
  )
  must(result === 'rejected', `${story}, and alice was still waiting long after that.`)
}

function short(text: string): string {
  const shown = JSON.stringify([...text.slice(0, MAX_SHOWN_CHARS)].join(''))
  return text.length > MAX_SHOWN_CHARS ? `${shown}…` : shown
}

/** Where two texts part, in words; nothing when they are the same. */
function difference(read: Uint8Array, meant: Uint8Array): string | undefined {
  if (equal(read, meant)) return undefined
  let at = 0
  while (at < read.length && read[at] === meant[at]) at++
  const bytes = (of: Uint8Array) => Buffer.from(of.subarray(at, at + 4)).toString('hex') || 'nothing'
  return `from byte ${at} on it is ${bytes(read)} and not ${bytes(meant)}`
}
