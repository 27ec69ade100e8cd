/**
 * What only alice and bob may know, and what only bob.
 *
 * @module
 */
import { standsIn } from '../../examiner/leaks.ts'
import { must, type Property } from '../../examiner/property.ts'
import { forgedTicket, forgedWithToken } from '../attacks.ts'
import { everySecretForBoth } from '../contents.ts'
import { looked, opened, saidBy } from '../everyone.ts'
import { secretBytes } from '../examine.ts'
import { answersWithoutRandomness } from '../failing.ts'
import type { Session } from '../given.ts'
import { everyLength } from '../lengths.ts'
import { alice, bob, tokenOf } from '../people.ts'
import { everySecretFresh, notFresh } from '../secrets.ts'
import type { Asked, StudentKdc } from '../student.ts'
import { everyonesTokens } from '../tokens.ts'

export const OF_THE_SECRET: readonly Property<StudentKdc>[] = [
  {
    name: 'alice and bob get the same secret, 32 bytes in base64url',
    why:
      'the secret is all that tells them from everybody else. With two different ones their handshake fails, and with one ' +
      'that is written in another way as well.',
    async check(kdc) {
      const asked = await kdc.ask()
      const { content } = opened(asked)
      must(content.secret !== undefined, 'there is no secret in the ticket.')
      must(asked.reply.secret !== undefined, 'there is no secret in the answer.')
      must(
        JSON.stringify(content.secret) === JSON.stringify(asked.reply.secret),
        'the secret in the ticket is not the one in the answer.',
      )
      const { length } = secretBytes(asked.reply)
      must(length === 32, `the secret has ${length} bytes, and must have 32.`)
      await everySecretForBoth(kdc)
    },
  },
  {
    name: 'every answer has a fresh secret that nobody can guess',
    why:
      'a secret that comes twice lets the people of one conversation into the next. One that can be computed (from the ' +
      'time, from Math.random, from something public) lets everybody in.',
    async check(kdc) {
      await notFresh(kdc)
      await everySecretFresh(kdc)
    },
  },
  {
    name: 'without randomness there is no answer',
    why:
      'randomBytes may fail, and then it throws. What a program takes instead, somebody can compute; and a salt that comes ' +
      'again makes the same key again. No answer is better than an answer that is not safe.',
    async check(kdc) {
      opened(await kdc.ask())
      await answersWithoutRandomness(kdc)
    },
  },
  {
    name: "bob's token stays with bob and the KDC",
    why: "whoever has the token can open every ticket for bob, make any, and ask the KDC in bob's name.",
    async check(kdc) {
      const asked = await kdc.ask()
      const said = (one: Asked, ticket = opened(one)) => {
        const { senderinfo: _, ...answer } = one.reply
        return { 'the answer': JSON.stringify(answer), 'the ticket': saidBy(ticket) }
      }
      const { parts, key } = opened(asked)
      for (const [where, text] of Object.entries(said(asked))) {
        const found = standsIn(text, bob.token.reveal())
        const loot = found && (await forgedWithToken(bob.token.reveal(), 'with the token from the answer'))
        must(!found, `bob's token is in ${where}, ${found}.`, () => loot)
        const ofAlice = standsIn(text, alice.token.reveal())
        must(!ofAlice, `alice's token is in ${where}, ${ofAlice}.`, () => {
          return where === 'the ticket' ? `bob has read alice's token: ${alice.token.toText()}` : undefined
        })
        const theKey = standsIn(text, key.bytes)
        const forged = theKey && (await forgedTicket(key.bytes, 'with the key of her ticket', parts.header))
        must(!theKey, `the key of the ticket is in ${where}, ${theKey}.`, () => forged)
      }
      // What nobody would recognise shows when the tokens are others and nothing else is: of a program that answers the same twice.
      const { pool } = asked
      const other = (session: Session) => tokenOf(`${session.username}, logged in again`)
      if (JSON.stringify((await kdc.ask(asked)).reply) !== JSON.stringify(asked.reply)) return
      const alices = await kdc.ask({ pool, sender: { ...alice, token: other(alice) } })
      must(
        JSON.stringify(alices.reply) === JSON.stringify(asked.reply),
        "with another token of alice's, and all else the same, the answer is another: something of her token is in it.",
      )
      const bobs = await kdc.ask({ pool, receiver: { ...bob, token: other(bob) } })
      const others = said(bobs, looked(bobs) ?? opened(asked))
      for (const [where, text] of Object.entries(said(asked)))
        must(
          text === others[where as keyof typeof others],
          `with another token of bob's, and all else the same, what ${where} says is another: something of his token is in it.`,
        )
      await everyonesTokens(kdc)
    },
  },
  {
    name: 'from outside the ticket says nothing about the secret',
    why: 'everybody on the way sees how long the ticket is. Each bit of the secret that shows in it halves the work of guessing.',
    async check(kdc) {
      opened(await kdc.ask())
      await everyLength(kdc)
    },
  },
]
