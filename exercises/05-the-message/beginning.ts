/**
 * Properties of the handshake: what alice sends before she knows who is there, and to whom she says nothing.
 *
 * @module
 */
import { must, type Property } from '../examiner/property.ts'
import { howBound, opening, payloadOf, readsUnder } from './examine.ts'
import { ownKeyPair } from './key-pair.ts'
import type { Meetings } from './meetings.ts'
import { invitation } from './people.ts'
import { impostors } from './stories.ts'
import { boundToEachTicket, opensWithAnyTicket } from './tickets.ts'
import { expectRejected, readByStranger, readLater, TEXT } from './trials.ts'

export const beginning: readonly Property<Meetings>[] = [
  {
    name: 'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame',
    why: 'bob knows nothing about who connects. He reads these bytes in this order, and closes at the first that is not as agreed.',
    async check(meetings) {
      opening(await meetings.silence(TEXT))
      await opensWithAnyTicket(meetings)
    },
  },
  {
    name: 'the handshake is bound to the ticket, and to the secret',
    why:
      'what is in the prologue, both sides must have read alike. What is not, somebody on the way can exchange unnoticed: ' +
      'the ticket, for one that brings another name.',
    async check(meetings) {
      const outcome = await meetings.silence(TEXT)
      const { message1 } = opening(outcome)
      const bound = howBound(message1, outcome.to)
      if (!bound) return await boundToEachTicket(meetings)
      const { problem, prologue, psk } = bound
      const read = psk && (await readByStranger(meetings, psk))
      must(false, problem, () => {
        if (read) return `somebody who has no secret at all answers as bob, and reads: '${read}'`
        const mallorys = invitation('mallory', outcome.to.secret.reveal())
        if (!prologue || !readsUnder(message1, mallorys, prologue)) return undefined
        return 'the same message 1 after a ticket that names mallory: bob takes it, and believes that mallory speaks.'
      })
    },
  },
  {
    name: 'every conversation has a key pair of its own, and nothing else makes it',
    why:
      'this is what cannot be found out afterwards: not from the secret, which the KDC has seen, and not from a machine that ' +
      'is stolen tomorrow. A key pair that is used twice, or computed from something, is still there.',
    check: ownKeyPair,
  },
  {
    name: 'not a word before message 2 is there',
    why:
      'until then alice does not know who listens; and what is sealed without message 2 can be read, years later, by ' +
      'whoever gets hold of the ticket key. What comes after it cannot: its keys are made from two that are thrown away.',
    async check(meetings) {
      const outcome = await meetings.silence(TEXT)
      const { message1, rest } = opening(outcome)
      must(
        message1.length <= 48,
        `message 1 carries ${message1.length - 48} bytes besides e and the tag.`,
        () => {
          const payload = payloadOf(message1, outcome.to)
          return payload && `whoever finds the secret in a year opens the recording, and reads: '${payload}'`
        },
      )
      must(
        rest.length === 0,
        `bob had said nothing, and alice sent ${rest.length} bytes after message 1.`,
        () => readLater(rest, outcome.to),
      )
    },
  },
  {
    name: 'an impostor gets nothing, and alice is told',
    why: "anybody can sit at bob's address. Only bob can open the ticket, take the secret from it, and make message 2.",
    async check(meetings) {
      const peers = Object.entries(impostors((seconds) => meetings.alice.wait(seconds)))
      const outcomes = await meetings.each(peers, async ([did, peer]) => {
        return [did, await meetings.meet(peer, invitation(), TEXT)] as const
      })
      for (const [did, outcome] of [['hung up', await meetings.silence(TEXT)] as const, ...outcomes]) {
        const story = `somebody without the secret ${did}`
        const { rest } = opening(outcome)
        must(rest.length === 0, `${story}, and alice sent ${rest.length} bytes more.`, () =>
          readLater(rest, outcome.to),
        )
        expectRejected(outcome, story, 'alice says that bob has the message. Bob was not even there.')
      }
    },
  },
]
