/**
 * The grader of exercise 05: what alice puts on the line, and what she makes of what comes.
 *
 * @module
 */
import { secureRandomBytes, toBase64url, utf8 } from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { contains, must } from '../examiner/property.ts'
import { howSealed, opening, readFirstMessage, whatRecord } from './examine.ts'
import {
  type Alice,
  bobWho,
  impostor,
  invitation,
  meet,
  meetBob,
  type Outcome,
  type Peer,
  programmed,
  silent,
} from './people.ts'

const TEXT = 'at nine, by the fountain'

export const grader: Grader<Alice> = {
  file: 'message.ts',
  tools: [
    'concat',
    'decodeRecords',
    'EMPTY',
    'encodeMessage',
    'encodeRecord',
    'HandshakeState',
    'NNpsk0',
    'u16',
    'utf8',
    'fromUtf8',
    'equal',
    'toBase64url',
    'fromBase64url',
    'hkdf',
    'seal',
    'open',
    'ZERO_NONCE',
  ],
  subject: programmed,
  properties: [
    {
      name: 'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame',
      why: 'bob knows nothing about who connects. He reads these bytes in this order, and closes at the first that is not as agreed.',
      async check(alice) {
        const to = invitation()
        opening(await meet(alice, silent, to, TEXT), to)
      },
    },
    {
      name: 'the handshake is bound to the ticket, and to the secret',
      why:
        'what is in the prologue, both sides must have read alike. What is not, somebody on the way can exchange unnoticed: ' +
        'the ticket, for one that brings another name.',
      async check(alice) {
        const to = invitation()
        readFirstMessage(opening(await meet(alice, silent, to, TEXT), to).message1, to)
      },
    },
    {
      name: 'not a word before message 2 is there',
      why:
        'until then alice does not know who listens; and what is sealed without message 2 can be read, years later, by ' +
        'whoever gets hold of the ticket key. What comes after it cannot: its keys are made from two that are thrown away.',
      async check(alice) {
        const to = invitation()
        const { message1, rest } = opening(await meet(alice, silent, to, TEXT), to)
        must(message1.length <= 48, `message 1 carries ${message1.length - 48} bytes besides e and the tag.`)
        must(rest.length === 0, `bob had said nothing, and alice sent ${rest.length} bytes after message 1.`)
      },
    },
    {
      name: 'an impostor gets nothing, and alice is told',
      why: "anybody can sit at bob's address. Only bob can open the ticket, take the secret from it, and make message 2.",
      async check(alice) {
        const impostors: Record<string, Peer> = {
          'answered with 48 random bytes': impostor(() => secureRandomBytes(48)),
          "sent alice's own message 1 back": impostor((message1) => message1),
          'hung up': silent,
        }
        for (const [did, peer] of Object.entries(impostors)) {
          const to = invitation()
          const outcome = await meet(alice, peer, to, TEXT)
          const { rest } = opening(outcome, to)
          must(
            rest.length === 0,
            `somebody without the secret ${did}, and alice sent ${rest.length} bytes more.`,
          )
          expectRejected(outcome, `somebody without the secret ${did}`)
        }
      },
    },
    {
      name: 'neither the text nor the secret can be read on the line',
      why: 'somebody records it: in the café, at the provider, on any machine in between.',
      async check(alice) {
        const to = invitation()
        const { outcome } = await meetBob(alice, to, TEXT)
        const { rest } = opening(outcome, to)
        must(rest.length > 0, `alice sent nothing after the handshake: ${outcome.why}`)
        must(!contains(outcome.sent, utf8(TEXT)), 'the text is on the line, for everybody to read.')
        const secret = to.secret.reveal()
        const found = contains(outcome.sent, secret) || contains(outcome.sent, utf8(toBase64url(secret)))
        must(!found, 'the secret is on the line, for everybody to take.')
      },
    },
    {
      name: "the message is sealed with the handshake's sending key",
      why:
        'that key depends on keys that alice and bob made for this conversation and throw away. The secret does not: the KDC ' +
        'has seen it, and under a nonce that is always zero it seals two texts alike.',
      async check(alice) {
        const to = invitation()
        let problem: string | undefined = 'bob got no frame after the handshake.'
        const outcome = await meet(
          alice,
          bobWho(to, async (bob) => {
            const frame = await bob.frame()
            if (frame) problem = howSealed(frame, bob.transport, to)
          }),
          to,
          TEXT,
        )
        opening(outcome, to)
        must(!problem, `${problem}`)
      },
    },
    {
      name: 'it is a whole message: one record of the type message',
      why:
        'inside the seal there are also acks, the end, and parts of long messages. The type tells bob which it is; a part makes ' +
        'him wait for the rest.',
      async check(alice) {
        const to = invitation()
        let problem: string | undefined = 'bob could not open what came after the handshake.'
        const outcome = await meet(
          alice,
          bobWho(to, async (bob) => {
            const frame = await bob.frame()
            if (frame) problem = whatRecord(frame, bob.transport, TEXT)
          }),
          to,
          TEXT,
        )
        opening(outcome, to)
        must(!problem, `${problem}`)
      },
    },
    {
      name: "bob reads the text exactly once, and alice's promise resolves",
      why: 'this bob is real: the library\'s receiver. "Pay 100" that arrives twice is paid twice.',
      async check(alice) {
        const to = invitation()
        const { heard, endings, outcome } = await meetBob(alice, to, TEXT)
        opening(outcome, to)
        must(heard.length > 0, `he read nothing (his side: ${endings}). Alice's side: ${outcome.why}`)
        must(heard.length === 1, `he read it ${heard.length} times.`)
        must(heard[0] === TEXT, `he read '${heard[0]}' instead of '${TEXT}'.`)
        must(outcome.result === 'resolved', `he read it, but: ${outcome.why}`)
      },
    },
    {
      name: 'the message counts as sent when bob has acknowledged it, and not before',
      why: 'TCP takes bytes for a machine that is already off. Only bob can say that he has the message: with an ack, sealed.',
      async check(alice) {
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
          const outcome = await meet(alice, bobWho(to, then), to, TEXT)
          const { rest } = opening(outcome, to)
          must(rest.length > 0, `alice sent no message: ${outcome.why}`)
          expectRejected(outcome, story)
        }
      },
    },
    {
      name: 'alice says her end',
      why: 'a connection can be cut by anybody. Only an end that is sealed tells bob that there was no more to come.',
      async check(alice) {
        const to = invitation()
        const { heard, endings, outcome } = await meetBob(alice, to, TEXT)
        opening(outcome, to)
        must(heard.length > 0, `bob never got the message: ${outcome.why}`)
        must(
          endings[0] === 'end',
          `bob's conversation ended with ${endings[0]} instead of an end from alice.`,
        )
      },
    },
    {
      name: "alice waits for bob's end, and a connection that is cut is an error",
      why: 'somebody who cuts the line must not be able to make half a conversation look like a whole one.',
      async check(alice) {
        const to = invitation()
        const cut = bobWho(to, async (bob) => {
          await bob.hear()
          bob.say({ type: 'ack', count: 1 })
        })
        const outcome = await meet(alice, cut, to, TEXT)
        must(opening(outcome, to).rest.length > 0, `alice sent no message: ${outcome.why}`)
        expectRejected(outcome, "the line was cut after the ack, before bob's end")
      },
    },
    {
      name: 'a long message arrives whole',
      why: 'a frame holds 65535 bytes. What is longer travels in several; to bob it is one message.',
      async check(alice) {
        const to = invitation()
        const text = `${'σύμβολον '.repeat(8_000)}🏺`
        const { heard, outcome } = await meetBob(alice, to, text)
        opening(outcome, to)
        const bytes = utf8(text).length
        must(heard.length > 0, `bob got nothing of ${bytes} bytes: ${outcome.why}`)
        must(
          heard.length === 1 && heard[0] === text,
          `bob got ${heard.length} messages, not this one of ${bytes} bytes.`,
        )
        must(outcome.result === 'resolved', `bob read it, but: ${outcome.why}`)
      },
    },
  ],
}

function expectRejected({ result }: Outcome, story: string): void {
  must(result !== 'resolved', `${story}, and sendMessage finished as if the message had arrived.`)
  must(result === 'rejected', `${story}, and 3 s later sendMessage was still waiting.`)
}
