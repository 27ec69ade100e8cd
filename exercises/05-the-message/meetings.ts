/**
 * The conversations of one grading: each is held once, however many properties look at it, and kept.
 *
 * @module
 */
import { concat, decodeRecords, EMPTY, secureRandomBytes } from 'symbolon/protocol'
import { Missing } from '../examiner/property.ts'
import type { Alice } from './alice.ts'
import { cutIntoFrames, howBound, opening } from './examine.ts'
import type { Invitation } from './given.ts'
import type { Outcome, Talk } from './outcome.ts'
import {
  answerTo,
  type Bob,
  bobAmong,
  bobFirst,
  bobWho,
  type Heard,
  invitation,
  Meeting,
  type Peer,
  realBob,
  silent,
  standing,
  turn,
} from './people.ts'
import { type Onward, type Tap, tapped } from './tap.ts'

const STEP_MS = 100
/** Of alice's turns: as many as it takes until the longest text that waits in her memory has gone. */
const TURNS = 200
const FEW_TURNS = 20
/** For a program that has left one line open, the next one is not waited for so long. */
const SHORT_STEPS = 1

/** What the grader tries with alice. */
export class Meetings {
  readonly alice: Alice
  /** All that were held. */
  readonly outcomes: Outcome[] = []
  readonly #kept = new Map<string, Promise<unknown>>()
  #leavesLinesOpen = false
  #going = 0
  #isToRestart = false

  constructor(alice: Alice) {
    this.alice = alice
  }

  /** The same for all who ask by this name. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const made = (this.#kept.get(name) as Promise<T> | undefined) ?? make()
    this.#kept.set(name, made)
    return made
  }

  /** Does something with each, some at once where alice can be several. */
  async each<T, R>(cases: readonly T[], use: (one: T, index: number) => Promise<R>): Promise<R[]> {
    const results: R[] = []
    const left = [...cases.entries()]
    const work = async () => {
      for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await use(next[1], next[0])
    }
    await Promise.all(Array.from({ length: this.alice.atOnce }, work))
    return results
  }

  /** With one who hangs up at once. */
  silence(text: string): Promise<Outcome> {
    return this.once('silence', () => this.meet(silent, invitation(), text))
  }

  /** With whoever this is. */
  meet(peer: Peer, to: Invitation, text: string): Promise<Outcome> {
    return this.#call(standing(peer), to, text)
  }

  /** With a bob who has the right secret, and then does this. */
  talk(then: (bob: Bob) => Promise<unknown>, text: string, to: Invitation = invitation()): Promise<Talk> {
    return this.#seen((random) => bobWho(to, then, random), to, text)
  }

  /** With an honest bob who has these random bytes: who has the same keys as before sees the same keys again. */
  overheard(to: Invitation, random: Uint8Array, text: string): Promise<Talk> {
    return this.#seen(() => bobWho(to, (bob) => bob.answers(), random), to, text, random)
  }

  /** With a bob who speaks first, in one packet with message 2. */
  greeted(text: string): Promise<Talk> {
    const to = invitation()
    return this.#seen((random) => bobFirst(to, random), to, text)
  }

  /** Several at once; each bob, once all the messages are there, does what stands in `thens`, or all that she waits for. */
  together(
    texts: readonly string[],
    tos: readonly Invitation[] = [],
    thens: readonly ((bob: Bob) => Promise<unknown> | unknown)[] = [],
  ): Promise<Talk[]> {
    const [first, second] = [new Meeting(texts.length), new Meeting(texts.length)]
    const talks = texts.map((text, i) => {
      const to = tos[i] ?? invitation()
      return this.#seen((random) => bobAmong(to, random, first, second, thens[i]), to, text)
    })
    return Promise.all(talks)
  }

  async #seen(
    peer: (random: Uint8Array) => Peer,
    to: Invitation,
    text: string,
    random: Uint8Array = secureRandomBytes(32),
  ): Promise<Talk> {
    const outcome = await this.meet(peer(random), to, text)
    const { message1, rest } = opening(outcome)
    const unread = () => new Missing('nobody can tell before bob can read message 1.')
    if (howBound(message1, to)) throw unread()
    // Only where it is looked at: it takes as long as all the rest of a conversation.
    const bobs = () => {
      try {
        return answerTo(message1, to, random)
      } catch {
        throw unread()
      }
    }
    const message2 = () => bobs().message2
    return { outcome, rest, message2, transport: () => bobs().transport }
  }

  /** With a bob who hears the message, and at once says all that she waits for. */
  honest(text: string): Promise<Talk> {
    return this.once(`honest ${text}`, () => this.talk((bob) => bob.answers(), text))
  }

  /** With the library's receiver. */
  real(text: string): Promise<{ heard: Heard; outcome: Outcome }> {
    return this.once(`real ${text}`, () => realBob((port) => this.#call(port, invitation(), text)))
  }

  async #call(onward: Onward, to: Invitation, text: string): Promise<Outcome> {
    this.#going++
    try {
      return await this.#tapped(onward, to, text)
    } finally {
      this.#going--
      // What goes on in the background all the same meets the end of its process.
      if (this.#isToRestart && this.#going === 0) {
        this.#isToRestart = false
        await this.alice.restart()
      }
    }
  }

  #tapped(onward: Onward, to: Invitation, text: string): Promise<Outcome> {
    return tapped(this.alice.address, onward, async (tap) => {
      const ended = await this.#inTime(this.alice.send(tap.port, to, text), this.#steps)
      const hungUp = ended !== undefined && (await this.#hangsUp(tap))
      this.#isToRestart ||= !ended
      tap.check()
      const waiting = {
        result: 'still waiting' as const,
        why: 'alice neither finished nor failed.',
        isError: true,
        told: '',
      }
      const outcome = {
        ...(ended ?? waiting),
        to,
        text,
        sent: tap.sent,
        connections: tap.connections,
        hungUp,
      }
      this.outcomes.push(outcome)
      return outcome
    })
  }

  /** How long to wait for a conversation. */
  get #steps(): number {
    return (this.alice.patienceSec * 1000) / STEP_MS
  }

  async #hangsUp(tap: Tap): Promise<boolean | 'later'> {
    const hungUp = tap.hungUp()
    const most = this.#leavesLinesOpen ? FEW_TURNS : TURNS
    for (let turns = 0; turns < most && !this.alice.isSlow; turns++) {
      if (await Promise.race([hungUp, turn()])) return true
      // Mostly it is here already, and only has to be looked at.
      if (turns > 1) await this.alice.beat()
    }
    const hangsUp = await this.#hangsUpInTime(hungUp)
    if (!this.alice.isSlow) this.#leavesLinesOpen = true
    return hangsUp && (this.alice.isSlow || 'later')
  }

  async #hangsUpInTime(hanging: Promise<true>): Promise<boolean> {
    const steps = this.#leavesLinesOpen ? SHORT_STEPS : this.#steps
    const hungUp = (await this.#inTime(hanging, steps)) === true
    if (!hungUp) this.#leavesLinesOpen = true
    return hungUp
  }

  /**
   * Nothing when it does not come within reason. That is counted in steps, in each of which alice has had her turn: when the machine is
   * too busy to let her run, that is one step, however long it took.
   */
  async #inTime<T>(promise: Promise<T>, steps: number): Promise<T | undefined> {
    let isOver = false
    const patience = async () => {
      for (let step = 0; step < steps && !isOver; step++) {
        await new Promise((resolve) => setTimeout(resolve, STEP_MS))
        if (!isOver) await this.alice.beat()
      }
      return undefined
    }
    try {
      return await Promise.race([promise, patience()])
    } finally {
      isOver = true
    }
  }
}

/** What alice said after the handshake, as far as bob can read it. */
export interface Transcript {
  /** Her message. */
  readonly text: Uint8Array | undefined
  readonly types: readonly string[]
  /** Why bob stopped reading. */
  readonly problem?: string
  /** The frame at which he did. */
  readonly frame?: Uint8Array
}

/** Reads a talk as bob does. */
export function transcript({ rest, transport }: Talk): Transcript {
  const { receive } = transport()
  const types: string[] = []
  const parts: Uint8Array[] = []
  let text: Uint8Array | undefined
  const { frames, left } = cutIntoFrames(rest)
  for (const frame of frames) {
    let plaintext: Uint8Array
    try {
      plaintext = receive.decryptWithAd(EMPTY, frame)
    } catch {
      return { text, types, frame, problem: `it does not open` }
    }
    try {
      for (const record of decodeRecords(plaintext)) {
        types.push(record.type)
        if (text === undefined && 'body' in record) parts.push(record.body)
        if (record.type === 'message') text ??= concat(...parts)
      }
    } catch (error) {
      return {
        text,
        types,
        frame,
        problem: `it is no record: ${error instanceof Error ? error.message : error}`,
      }
    }
  }
  return { text, types, ...(left > 0 && { problem: `${left} bytes are left that are no frame` }) }
}
