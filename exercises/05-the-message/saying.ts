/**
 * Properties of what alice says: sealed, a message, and the text as it is.
 *
 * @module
 */
import { toBase64url, utf8 } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { saysItOnce } from './ending.ts'
import { cutIntoFrames, howSealed, whatRecord } from './examine.ts'
import { type Meetings, transcript } from './meetings.ts'
import { readable } from './readable.ts'
import { showsNothing } from './side-by-side.ts'
import { arrives, inSilence, TEXT } from './trials.ts'

/** Of records, in a conversation of one text. */
const SAYS = ['message', 'part', 'ack', 'end', 'abort']

const SURROGATES = /[\ud800-\udfff]/
/** Of two bytes in a string, each once. */
const EVERY_CHARACTER = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit)).filter(
  (character) => !SURROGATES.test(character),
)
/** Each fits one frame. */
const CHARACTERS = 16_384

/** Texts that are not to be touched, and what one may do to them. */
const TEXTS: readonly string[] = [
  '',
  ' \t at nine, by the fountain \r\n',
  '\ufeffA\u030angstro\u0308m, \ufb01ve \u0000 %20 \\n 🏺',
  '0',
  '/say &lt;b&gt; {{x}} $& $1 + %s %d',
  ...[0, 1, 2, 3].map((part) => EVERY_CHARACTER.slice(part * CHARACTERS, (part + 1) * CHARACTERS).join('')),
]

export const saying: readonly Property<Meetings>[] = [
  {
    name: 'neither the text nor the secret can be read on the line',
    why: 'somebody records it: in the café, at the provider, on any machine in between.',
    async check(meetings) {
      const { outcome, rest } = await meetings.honest(TEXT)
      must(rest.length > 0, `alice sent nothing after the handshake: ${outcome.why}`)
      const text = readable(outcome.sent, utf8(TEXT))
      must(
        !text,
        `the text is on the line ${text}, for everybody to read.`,
        () => `read from the recording: '${TEXT}'`,
      )
      const secret = readable(outcome.sent, outcome.to.secret.reveal())
      must(!secret, `the secret is on the line ${secret}, for everybody to take.`, () => {
        return `found in the recording: ${toBase64url(outcome.to.secret.reveal()).slice(0, 8)}… With it anybody can be bob.`
      })
      await showsNothing(meetings)
    },
  },
  {
    name: "the message is sealed with the handshake's sending key",
    why:
      'that key depends on keys that alice and bob made for this conversation and throw away. The secret does not: the KDC ' +
      'has seen it, and under a nonce that is always zero it seals two texts alike.',
    async check(meetings) {
      const talk = await meetings.honest(TEXT)
      const [frame] = cutIntoFrames(talk.rest).frames
      must(frame, 'bob got no frame after the handshake.')
      const sealed = howSealed(frame, talk)
      must(!sealed, sealed?.problem ?? '', () => sealed?.loot)
    },
  },
  {
    name: 'it is a whole message: one record of the type message',
    why:
      'inside the seal there are also acks, the end, and parts of long messages. The type tells bob which it is; a part makes ' +
      'him wait for the rest.',
    async check(meetings) {
      const talk = await meetings.honest(TEXT)
      const [frame] = cutIntoFrames(talk.rest).frames
      must(frame, 'bob could not open what came after the handshake.')
      const problem = whatRecord(frame, talk.transport(), TEXT)
      must(!problem, problem ?? '')
      const { text, types } = transcript(talk)
      must(text || types.includes('message'), 'it is a part: bob waits for the rest of the message.')
      const other = types.find((type) => !SAYS.includes(type))
      must(!other, `besides, alice said something of the type ${other}: bob's program begins a stream.`)
    },
  },
  {
    name: "bob reads the text exactly once, and alice's promise resolves",
    why: 'this bob is real: the library\'s receiver. "Pay 100" that arrives twice is paid twice.',
    async check(meetings) {
      const { outcome } = await meetings.honest(TEXT)
      const { heard } = await meetings.real(TEXT)
      const { texts, endings } = heard
      must(texts.length > 0, `he read nothing (his side: ${endings}). Alice's side: ${outcome.why}`)
      must(
        texts.length === 1,
        `he read it ${texts.length} times.`,
        () => `bob's screen: ${texts.join(' / ')}`,
      )
      must(texts[0] === TEXT, `he read '${texts[0]}' instead of '${TEXT}'.`)
      must(outcome.result === 'resolved', `he read it, but: ${outcome.why}`)
      await saysItOnce(meetings)
      const [[, slow] = []] = await inSilence(meetings)
      const times = slow ? transcript(slow).types.filter((type) => type === 'message').length : 0
      must(times <= 1, `bob was slow, and alice sent it ${times} times.`, () => 'he pays each of them.')
    },
  },
  {
    name: 'the text arrives as it is, to the last space',
    why: 'a message is the bytes that were meant: an empty one is an answer too, and a password may end with a space.',
    async check(meetings) {
      await meetings.each(TEXTS, (text) => arrives(meetings, text))
    },
  },
]
