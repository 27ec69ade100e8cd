/**
 * The grader of exercise 05. `npm run exercise -- 05` runs it and prints a checklist; so does this file by itself, in
 * uvu's form: `node --import tsx exercises/05-the-message/message.test.ts`.
 *
 * @module
 */
import { secureRandomBytes, toBase64url, utf8 } from 'symbolon/protocol'
import { contains, grade, must } from '../grader.ts'
import { howSealed, opening, readFirstMessage, whatRecord } from './examine.ts'
import type { Invitation, SendMessage } from './given.ts'
import { bobWho, impostor, invitation, meet, meetBob, type Outcome, type Peer, silent } from './people.ts'

const {
  students: sendMessage,
  property,
  run,
} = grade<SendMessage>('exercise 05: the message', {
  grader: import.meta.url,
  file: './message.ts',
  name: 'sendMessage',
})

const TEXT = 'at nine, by the fountain'

const meetWith = (peer: Peer, to: Invitation, text = TEXT) => meet(peer, sendMessage, to, text)

property(
  'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame',
  'bob knows nothing about who connects. He reads these bytes in this order, and closes at the first that is not as agreed.',
  async () => {
    const to = invitation()
    opening(await meetWith(silent, to), to)
  },
)

property(
  'the handshake is bound to the ticket, and to the secret',
  'what is in the prologue, both sides must have read alike. What is not, somebody on the way can exchange unnoticed: ' +
    'the ticket, for one that brings another name.',
  async () => {
    const to = invitation()
    readFirstMessage(opening(await meetWith(silent, to), to).message1, to)
  },
)

property(
  'not a word before message 2 is there',
  'until then alice does not know who listens; and what is sealed without message 2 can be read, years later, by ' +
    'whoever gets hold of the ticket key. What comes after it cannot: its keys are made from two that are thrown away.',
  async () => {
    const to = invitation()
    const { message1, rest } = opening(await meetWith(silent, to), to)
    must(message1.length <= 48, `message 1 carries ${message1.length - 48} bytes besides e and the tag.`)
    must(rest.length === 0, `bob had said nothing, and alice sent ${rest.length} bytes after message 1.`)
  },
)

property(
  'an impostor gets nothing, and alice is told',
  "anybody can sit at bob's address. Only bob can open the ticket, take the secret from it, and make message 2.",
  async () => {
    const impostors: Record<string, Peer> = {
      'answered with 48 random bytes': impostor(() => secureRandomBytes(48)),
      "sent alice's own message 1 back": impostor((message1) => message1),
      'hung up': silent,
    }
    for (const [did, peer] of Object.entries(impostors)) {
      const to = invitation()
      const outcome = await meetWith(peer, to)
      const { rest } = opening(outcome, to)
      must(rest.length === 0, `somebody without the secret ${did}, and alice sent ${rest.length} bytes more.`)
      expectRejected(outcome, `somebody without the secret ${did}`)
    }
  },
)

property(
  'neither the text nor the secret can be read on the line',
  'somebody records it: in the café, at the provider, on any machine in between.',
  async () => {
    const to = invitation()
    const { outcome } = await meetBob(sendMessage, to, TEXT)
    const { rest } = opening(outcome, to)
    must(rest.length > 0, `alice sent nothing after the handshake: ${outcome.why}`)
    must(!contains(outcome.sent, utf8(TEXT)), 'the text is on the line, for everybody to read.')
    const secret = to.secret.reveal()
    const found = contains(outcome.sent, secret) || contains(outcome.sent, utf8(toBase64url(secret)))
    must(!found, 'the secret is on the line, for everybody to take.')
  },
)

property(
  "the message is sealed with the handshake's sending key",
  'that key depends on keys that alice and bob made for this conversation and throw away. The secret does not: the KDC ' +
    'has seen it, and under a nonce that is always zero it seals two texts alike.',
  async () => {
    const to = invitation()
    let problem: string | undefined = 'bob got no frame after the handshake.'
    const outcome = await meetWith(
      bobWho(to, async (bob) => {
        const frame = await bob.frame()
        if (frame) problem = howSealed(frame, bob.transport, to)
      }),
      to,
    )
    opening(outcome, to)
    must(!problem, `${problem}`)
  },
)

property(
  'it is a whole message: one record of the type message',
  'inside the seal there are also acks, the end, and parts of long messages. The type tells bob which it is; a part makes ' +
    'him wait for the rest.',
  async () => {
    const to = invitation()
    let problem: string | undefined = 'bob could not open what came after the handshake.'
    const outcome = await meetWith(
      bobWho(to, async (bob) => {
        const frame = await bob.frame()
        if (frame) problem = whatRecord(frame, bob.transport, TEXT)
      }),
      to,
    )
    opening(outcome, to)
    must(!problem, `${problem}`)
  },
)

property(
  "bob reads the text exactly once, and alice's promise resolves",
  'this bob is real: the library\'s receiver. "Pay 100" that arrives twice is paid twice.',
  async () => {
    const to = invitation()
    const { heard, endings, outcome } = await meetBob(sendMessage, to, TEXT)
    opening(outcome, to)
    must(heard.length > 0, `he read nothing (his side: ${endings}). Alice's side: ${outcome.why}`)
    must(heard.length === 1, `he read it ${heard.length} times.`)
    must(heard[0] === TEXT, `he read '${heard[0]}' instead of '${TEXT}'.`)
    must(outcome.result === 'resolved', `he read it, but: ${outcome.why}`)
  },
)

property(
  'the message counts as sent when bob has acknowledged it, and not before',
  'TCP takes bytes for a machine that is already off. Only bob can say that he has the message: with an ack, sealed.',
  async () => {
    const stories: Record<string, Parameters<typeof bobWho>[1]> = {
      'bob read the message and hung up without an ack': async (bob) => {
        await bob.hear()
      },
      'bob said something else than an ack, and hung up': async (bob) => {
        await bob.hear()
        bob.say({ type: 'message', body: utf8('who is it?') })
        bob.say({ type: 'end' })
      },
      'somebody on the way made an ack without the keys': async (bob) => {
        await bob.hear()
        bob.wire.writeFrame(secureRandomBytes(27))
        bob.wire.writeFrame(secureRandomBytes(19))
      },
    }
    for (const [story, then] of Object.entries(stories)) {
      const to = invitation()
      const outcome = await meetWith(bobWho(to, then), to)
      const { rest } = opening(outcome, to)
      must(rest.length > 0, `alice sent no message: ${outcome.why}`)
      expectRejected(outcome, story)
    }
  },
)

property(
  'alice says her end',
  'a connection can be cut by anybody. Only an end that is sealed tells bob that there was no more to come.',
  async () => {
    const to = invitation()
    const { heard, endings, outcome } = await meetBob(sendMessage, to, TEXT)
    opening(outcome, to)
    must(heard.length > 0, `bob never got the message: ${outcome.why}`)
    must(endings[0] === 'end', `bob's conversation ended with ${endings[0]} instead of an end from alice.`)
  },
)

property(
  "alice waits for bob's end, and a connection that is cut is an error",
  'somebody who cuts the line must not be able to make half a conversation look like a whole one.',
  async () => {
    const to = invitation()
    const cut = bobWho(to, async (bob) => {
      await bob.hear()
      bob.say({ type: 'ack', count: 1 })
    })
    const outcome = await meetWith(cut, to)
    must(opening(outcome, to).rest.length > 0, `alice sent no message: ${outcome.why}`)
    expectRejected(outcome, "the line was cut after the ack, before bob's end")
  },
)

property(
  'a long message arrives whole',
  'a frame holds 65535 bytes. What is longer travels in several; to bob it is one message.',
  async () => {
    const to = invitation()
    const text = `${'σύμβολον '.repeat(8_000)}🏺`
    const { heard, outcome } = await meetBob(sendMessage, to, text)
    opening(outcome, to)
    const bytes = utf8(text).length
    must(heard.length > 0, `bob got nothing of ${bytes} bytes: ${outcome.why}`)
    must(
      heard.length === 1 && heard[0] === text,
      `bob got ${heard.length} messages, not this one of ${bytes} bytes.`,
    )
    must(outcome.result === 'resolved', `bob read it, but: ${outcome.why}`)
  },
)

run()

function expectRejected({ result }: Outcome, story: string): void {
  must(result !== 'resolved', `${story}, and sendMessage finished as if the message had arrived.`)
  must(result === 'rejected', `${story}, and 3 s later sendMessage was still waiting.`)
}
