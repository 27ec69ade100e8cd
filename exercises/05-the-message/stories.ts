/**
 * What bob, or somebody between him and alice, does once the message is there.
 *
 * @module
 */
import { type ChannelRecord, concat, EMPTY, secureRandomBytes, u16, utf8 } from 'symbolon/protocol'
import type { Invitation } from './given.ts'
import { answerTo, Bob, impostor, message1From, type Peer, reset, turn } from './people.ts'

/** Begins when bob has the message; the connection ends when it ends. */
export type Story = (bob: Bob, message: Message) => Promise<unknown> | unknown

/** Alice's message, and whether her end came with it. */
export interface Message {
  readonly text: string
  readonly ended: boolean
}

/** Stories by what happens in them. */
export type Stories = Readonly<Record<string, Story>>

export const ACK: ChannelRecord = { type: 'ack', count: 1 }
export const END: ChannelRecord = { type: 'end' }
/** What bob says besides. */
export const SAID = 'no, not at nine! I will be late.'
export const WORDS: ChannelRecord = { type: 'message', body: utf8(SAID) }

const HOUR_SEC = 3600
const MAX_BODY_BYTES = 65_516
const ack = (count: number): ChannelRecord => ({ type: 'ack', count })
export const garbage = (length: number) => concat(u16(length), secureRandomBytes(length))

/** Bob has not acknowledged the message. `wait` lets time pass for alice. */
export const unacknowledged: Stories = {
  'bob read the message and hung up without an ack': () => {},
  'bob read the message, and the connection was reset': (bob) => bob.reset(),
  'bob said something else than an ack, and hung up': (bob) => {
    bob.say(WORDS)
    bob.say(END)
  },
  'bob said his end instead of an ack': (bob) => bob.say(END),
  'bob said a message of eight bytes, 0 0 0 0 0 0 0 1, which is no ack': (bob) => {
    bob.say({ type: 'message', body: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) })
    bob.say(END)
  },
  'somebody on the way made an ack without the keys': (bob) => {
    bob.wire.write(garbage(27))
    bob.wire.write(garbage(19))
  },
  'somebody on the way wrote an ack and an end in clear': (bob) => {
    bob.wire.write(Uint8Array.of(0, 11, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1))
    bob.wire.write(Uint8Array.of(0, 3, 5, 0, 0))
  },
}

/** He acknowledged what was not sent, or the same again. */
export const miscounted: Stories = {
  'bob acknowledged 0 messages': (bob) => {
    bob.say(ack(0))
    bob.say(END)
  },
  'bob acknowledged 2 messages, and there was one': (bob) => {
    bob.say(ack(2))
    bob.say(END)
  },
  'bob acknowledged 4294967297 messages (its last four bytes say 1)': (bob) => {
    bob.say(ack(2 ** 32 + 1))
    bob.say(END)
  },
  'bob acknowledged 257 messages (its last byte says 1)': (bob) => {
    bob.say(ack(257))
    bob.say(END)
  },
  'bob acknowledged 65537 messages (its last two bytes say 1)': (bob) => {
    bob.say(ack(2 ** 16 + 1))
    bob.say(END)
  },
  'bob acknowledged 2 to the power of 52 messages, and one': (bob) => {
    bob.say(ack(2 ** 52 + 1))
    bob.say(END)
  },
  'bob acknowledged 2 to the power of 56 messages, and one (its last seven bytes say 1)': (bob) => {
    bob.say(Uint8Array.of(4, 0, 8, 1, 0, 0, 0, 0, 0, 0, 1))
    bob.say(END)
  },
  'bob acknowledged no message, and then one': (bob) => {
    bob.say(ack(0))
    bob.say(ACK, END)
  },
  'bob acknowledged one message, and behind his end again': (bob) => bob.say(ACK, END, ACK),
  'bob acknowledged one message twice': (bob) => {
    bob.say(ACK, ACK)
    bob.say(END)
  },
  'bob acknowledged one message, and in the next frame again': (bob) => {
    bob.say(ACK)
    bob.say(ACK, END)
  },
  'bob acknowledged one message, and then none': (bob) => {
    bob.say(ACK)
    bob.say(ack(0), END)
  },
}

/** Alice's message took two records. */
export const miscountedRecords: Stories = {
  'bob acknowledged 2 messages, and there was one, in two records': miscounted[
    'bob acknowledged 2 messages, and there was one'
  ] as Story,
}

/** He acknowledged the message, and did not say his end. */
export const endless: Stories = {
  "the line was cut after the ack, before bob's end": (bob) => bob.say(ACK),
  'bob said something after his ack, and somebody cut the line before it was there': (bob) => {
    bob.say(ACK)
    bob.wire.write(bob.sealed(WORDS).subarray(0, 5))
  },
  'bob said something after his ack, and the line was cut before his end': (bob) => {
    bob.say(ACK)
    bob.say(WORDS)
  },
  'bob acknowledged it, and said an empty message, which is no end': (bob) => {
    bob.say(ACK)
    bob.say({ type: 'message', body: EMPTY })
  },
  'bob acknowledged it, and ended a stream, which is not the conversation': (bob) => {
    bob.say(ACK)
    bob.say({ type: 'data', body: EMPTY })
  },
  'the connection was reset after the ack': async (bob, { ended }) => {
    bob.say(ACK)
    // Then she has heard it.
    if (!ended) await bob.end()
    await bob.reset()
  },
  'the first byte of a frame came after the ack': (bob) => {
    bob.say(ACK)
    bob.wire.write(Uint8Array.of(0))
  },
  'a frame of 65535 bytes was begun after the ack': (bob) => {
    bob.say(ACK)
    bob.wire.write(Uint8Array.of(255, 255, 5, 0, 0))
  },
  'bob acknowledged it, and then aborted': (bob) => {
    bob.say(ACK)
    bob.say({ type: 'abort', code: 'failed' })
  },
  'somebody on the way made an end without the keys': (bob) => {
    bob.say(ACK)
    bob.wire.write(garbage(19))
  },
  'somebody on the way wrote an end in clear': (bob) => {
    bob.say(ACK)
    bob.wire.write(Uint8Array.of(0, 3, 5, 0, 0))
  },
  "somebody on the way sent bob's ack again": (bob) => {
    const bytes = bob.sealed(ACK)
    bob.wire.write(bytes)
    bob.wire.write(bytes)
  },
  "somebody on the way sent alice's own end back to her": async (bob, { ended }) => {
    bob.say(ACK)
    const frame = ended ? secureRandomBytes(19) : ((await bob.frame()) ?? EMPTY)
    bob.wire.write(concat(u16(frame.length), frame))
  },
}

/** Among what is sealed there is something that is not; all that alice waits for comes, too. */
export const unopened: Stories = {
  'a frame that does not open came before the ack': (bob) => {
    bob.wire.write(garbage(27))
    bob.say(ACK)
    bob.say(END)
  },
  "a frame that does not open came between bob's ack and his end": (bob) => {
    bob.say(ACK)
    bob.wire.write(garbage(50))
    bob.say(END)
  },
  "a frame of no bytes came between bob's ack and his end": (bob) => {
    bob.say(ACK)
    bob.wire.write(u16(0))
    bob.say(END)
  },
  'a frame that does not open came before the ack and the end, which are in one frame': (bob) => {
    bob.wire.write(garbage(27))
    bob.say(ACK, END)
  },
  "one bit of bob's first frame was changed": (bob) => {
    const bytes = bob.sealed(WORDS)
    const last = bytes.length - 1
    bytes[last] = (bytes[last] as number) ^ 1
    bob.wire.write(bytes)
    bob.say(ACK)
    bob.say(END)
  },
  'a frame of no bytes came before the ack': (bob) => {
    bob.wire.write(u16(0))
    bob.say(ACK)
    bob.say(END)
  },
  "bob's first frame was lost on the way": (bob) => {
    bob.sealed(WORDS)
    bob.say(ACK)
    bob.say(END)
  },
  "the frame between bob's ack and his end was lost on the way": (bob) => {
    bob.say(ACK)
    bob.sealed(WORDS)
    bob.say(END)
  },
  "bob's ack was sent again, and then came his end": (bob) => {
    const bytes = bob.sealed(ACK)
    bob.wire.write(bytes)
    bob.wire.write(bytes)
    bob.say(END)
  },
  "bob's second frame came before his first": (bob) => {
    const [first, second] = [bob.sealed(ACK), bob.sealed(END)]
    bob.wire.write(second)
    bob.wire.write(first)
    bob.wire.write(second)
  },
}

/** It opens, and is not what was agreed; all that alice waits for comes, too. */
export const disagreed: Stories = {
  'bob aborted before his ack': (bob) => {
    bob.say({ type: 'abort', code: 'busy' })
    bob.say(ACK, END)
  },
  'bob said a record of the type 7, which there is not': (bob) => {
    bob.say(Uint8Array.of(7, 0, 0))
    bob.say(ACK, END)
  },
  'two bytes were left over behind the ack': (bob) => {
    bob.say(ACK, Uint8Array.of(5, 0))
    bob.say(END)
  },
  "bob's ack had four bytes instead of eight": (bob) => {
    bob.say(Uint8Array.of(4, 0, 4, 0, 0, 0, 1))
    bob.say(END)
  },
  "bob's ack had nine bytes instead of eight": (bob) => {
    bob.say(Uint8Array.of(4, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0))
    bob.say(END)
  },
  "bob's end was not empty": (bob) => {
    bob.say(ACK)
    bob.say(Uint8Array.of(5, 0, 1, 0))
  },
  'a sealed frame had no record in it': (bob) => {
    bob.say(EMPTY)
    bob.say(ACK, END)
  },
  'bob acknowledged the message, and then aborted, and then said his end': (bob) => {
    bob.say(ACK)
    bob.say({ type: 'abort', code: 'failed' })
    bob.say(END)
  },
  'bob aborted between his ack and his end, all in one frame': (bob) => {
    bob.say(ACK, { type: 'abort', code: 'stopped' }, END)
  },
  'bob aborted between his end and his ack': (bob) => {
    bob.say(END)
    bob.say({ type: 'abort', code: 'gave_up' })
    bob.say(ACK)
  },
  'bob aborted behind his ack and his end, in the same frame': (bob) => {
    bob.say(ACK, END, { type: 'abort', code: 'failed' })
  },
  'bob aborted with a reason that nobody knows': (bob) => {
    bob.say({ type: 'abort', code: 'rain' })
    bob.say(ACK, END)
  },
  'two bytes were left over behind the ack and the end': (bob) => {
    bob.say(ACK, END, Uint8Array.of(5, 0))
  },
  'bob said something after his ack and his end, in the same frame': (bob) => bob.say(ACK, END, WORDS),
  'bob said something after his end and before his ack, in the same frame': (bob) => bob.say(END, WORDS, ACK),
  'bob said his end twice, in one frame': (bob) => bob.say(ACK, END, END),
  'bob said his end twice, and then his ack': (bob) => {
    bob.say(END)
    bob.say(END)
    bob.say(ACK)
  },
  'bob said something after his end': (bob) => {
    bob.say(END)
    bob.say(WORDS)
    bob.say(ACK)
  },
}

/** All of it is legal. */
export const legal: Stories = {
  'he said her own text back': (bob, { text }) => {
    bob.say({ type: 'message', body: utf8(text) })
    bob.say(ACK, END)
  },
  'his ack and his end were in one frame': (bob) => bob.say(ACK, END),
  'his ack and his end were in one packet': (bob) => {
    bob.wire.write(concat(bob.sealed(ACK), bob.sealed(END)))
  },
  'every byte of his came alone': async (bob) => {
    for (const byte of concat(bob.sealed(ACK), bob.sealed(END))) {
      bob.wire.write(Uint8Array.of(byte))
      await turn()
    }
  },
  'he said his end before his ack': (bob) => {
    bob.say(END)
    bob.say(ACK)
  },
  'his end and his ack were in one frame': (bob) => bob.say(END, ACK),
  'he said something before his ack': (bob) => {
    bob.say(WORDS)
    bob.say(ACK)
    bob.say(END)
  },
  'he said something before his ack, in the same frame': (bob) => {
    bob.say(WORDS, ACK, END)
  },
  'he said something between his ack and his end': (bob) => {
    bob.say(ACK)
    bob.say(WORDS)
    bob.say(END)
  },
  'he said something of 65516 bytes, as long as a record can be, before his ack': (bob) => {
    bob.say({ type: 'message', body: new Uint8Array(MAX_BODY_BYTES).fill(0x61) })
    bob.say(ACK, END)
  },
  'he said something long, in parts': (bob) => {
    bob.say({ type: 'part', body: utf8('no, not at nine! ') })
    bob.say({ type: 'part', body: utf8('I will be late.') }, { type: 'message', body: EMPTY })
    bob.say(ACK)
    bob.say(END)
  },
  'he said something in the frame of his ack, behind it': (bob) => {
    bob.say(ACK, WORDS)
    bob.say(WORDS, END)
  },
  'he said nothing that counts, twice': (bob) => {
    bob.say({ type: 'message', body: EMPTY }, { type: 'message', body: EMPTY })
    bob.say(ACK)
    bob.say(END)
  },
}

/** He says nothing for an hour, and then hangs up. */
export const silences = (wait: (seconds: number) => Promise<void>): Stories => ({
  'bob had the message, and then said nothing for an hour': () => wait(HOUR_SEC),
  'bob acknowledged the message, and then said nothing for an hour': (bob) => {
    bob.say(ACK)
    return wait(HOUR_SEC)
  },
  'bob acknowledged the message, said nothing for an hour, and then something that is no end': async (
    bob,
  ) => {
    bob.say(ACK)
    await wait(HOUR_SEC)
    bob.say(WORDS)
  },
})

/** They do not know the secret. */
export const impostors = (wait: (seconds: number) => Promise<void>): Readonly<Record<string, Peer>> => ({
  'answered with 48 random bytes': impostor(() => secureRandomBytes(48)),
  "sent alice's own message 1 back": impostor((message1) => message1),
  'said nothing for an hour, and hung up': async (wire) => {
    await message1From(wire)
    await wait(HOUR_SEC)
  },
  'reset the connection': async (wire) => {
    await message1From(wire)
    await reset(wire)
  },
  'answered with an empty frame': impostor(() => EMPTY),
  'answered with 48 zero bytes': impostor(() => new Uint8Array(48)),
  'answered with 200 random bytes': impostor(() => secureRandomBytes(200)),
  "sent message 1 back, and then frames of an ack's and an end's length": impostor(
    (message1) => message1,
    () => secureRandomBytes(27),
    () => secureRandomBytes(19),
  ),
})

const HANDSHAKE_BYTES = 50
const ALL_BYTES = HANDSHAKE_BYTES + 29 + 21
/** After how many bytes of bob's the line may be cut: few of the handshake's, all of those that come after it. */
export const CUTS: readonly number[] = Array.from({ length: ALL_BYTES }, (_, length) => length).filter(
  (length) => {
    return length < 3 || length === HANDSHAKE_BYTES / 2 || length >= HANDSHAKE_BYTES - 1
  },
)

/** Bob's answer to the handshake carries a payload; all that alice waits for comes, too. */
export const carries =
  (to: Invitation): Peer =>
  async (wire) => {
    const random = secureRandomBytes(32)
    const { message2, transport } = answerTo(await message1From(wire), to, random, utf8('by the way'))
    wire.writeFrame(message2)
    await new Bob(wire, transport).answers()
  }

/** Behind bob's answer to the handshake something stands in its frame; all that alice waits for comes, too. */
export const isFollowed =
  (to: Invitation): Peer =>
  async (wire) => {
    const { message2, transport } = answerTo(await message1From(wire), to, secureRandomBytes(32))
    wire.writeFrame(concat(message2, secureRandomBytes(10)))
    await new Bob(wire, transport).answers()
  }

/** Those between two things that he says, and one byte beside them. */
export const FEW_CUTS: readonly number[] = [0, 1, 49, 50, 51, 78, 79, 80, 99]

/** An honest bob; somebody cuts the line after so many bytes of his. */
export const cutAfter =
  (length: number, to: Invitation): Peer =>
  async (wire) => {
    const { message2, transport } = answerTo(await message1From(wire), to, secureRandomBytes(32))
    wire.write(concat(u16(message2.length), message2).subarray(0, length))
    const bob = new Bob(wire, transport)
    if (length < HANDSHAKE_BYTES || !(await bob.message())) return
    wire.write(concat(bob.sealed(ACK), bob.sealed(END)).subarray(0, length - HANDSHAKE_BYTES))
  }
