/**
 * What a receiver that is a command does in the handshake and after it: docs/protocol.md §5, seen from alice.
 *
 * @module
 */
import { concat, EMPTY, encodeMessage, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { must, type Property } from '../examiner/property.ts'
import { type Caller, type CommandedBob, frame } from './bob.ts'
import {
  acks,
  calling,
  converses,
  END,
  isSilent,
  MAX_MESSAGE_BYTES,
  message,
  part,
  short,
  stillServes,
  TEXT,
} from './calls.ts'

export const ofTheChannel: readonly Property<CommandedBob>[] = [
  {
    name: 'what alice says is shown as it is, and then acknowledged',
    why: 'an ack says that the message has been handled. One that comes earlier is a promise that a crash breaks.',
    async check(bob) {
      const odd = ' \ufeffA\u030angstro\u0308m "\\\u0000" 🏺 \r\n'
      const long = 'σύμβολον '.repeat(8_000)
      await converses(bob, 'alice sent one message', (caller) => caller.say(message(TEXT)), [TEXT])
      await converses(
        bob,
        'alice sent an empty one, one in two parts that cut a character, and one with odd characters in it',
        (caller) => {
          const [first, second] = [utf8('🏺').subarray(0, 2), utf8('🏺').subarray(2)]
          caller.say(message(''))
          caller.say({ type: 'part', body: first }, { type: 'message', body: second })
          caller.say(message(odd))
        },
        ['', '🏺', odd],
      )
      await converses(
        bob,
        'alice sent a long one',
        (caller) => {
          for (const record of encodeMessage(utf8(long))) caller.say(record)
        },
        [long],
      )
      await converses(
        bob,
        'every byte of hers came alone',
        async (caller) => {
          for (const byte of caller.sealed(message(TEXT))) {
            caller.write(Uint8Array.of(byte))
            await new Promise((resolve) => setImmediate(resolve))
          }
        },
        [TEXT],
      )
    },
  },
  {
    name: 'not a byte before alice has proved that she knows the secret',
    why: 'until then it may be anybody who has copied a ticket, and each byte tells something: that bob is here, and what he thinks of it.',
    async check(bob) {
      const key = () => bob.key()
      await isSilent(bob, 'the secret was another', { ...(await key()), secret: secureRandomBytes(32) })
      await isSilent(bob, 'the handshake was bound to another ticket', await key(), {
        prologue: concat(utf8('symbolon/1 channel'), (await key()).ticket),
      })
      await isSilent(bob, 'message 1 was a byte longer', await key(), {
        message1: (right) => concat(right, Uint8Array.of(0)),
      })
      await isSilent(bob, 'message 1 had a key of zeros', await key(), {
        message1: (right) => concat(new Uint8Array(32), right.subarray(32)),
      })
      await calling(bob, async (caller) => {
        caller.write(concat(Uint8Array.of(2), frame((await key()).ticket)))
        must(await caller.closed(), 'the connection began with the version 2, and bob did not hang up.')
        must(caller.answered === 0, 'the connection began with the version 2, and bob answered.')
      })
      await stillServes(bob, 'handshakes that failed')
    },
  },
  {
    name: 'what does not open, or is not as agreed, ends the channel, and nothing of it is shown',
    why: 'only somebody on the way makes such bytes, or a program that means something else by them.',
    async check(bob) {
      const stories: [string, (caller: Caller) => void][] = [
        [
          'a frame that does not open came before the message',
          (caller) => caller.write(frame(secureRandomBytes(40))),
        ],
        ['a record of the type 7 came before the message', (caller) => caller.say(Uint8Array.of(7, 0, 0))],
        ['a frame without a record came before the message', (caller) => caller.say(EMPTY)],
        ['an empty part came before the message', (caller) => caller.say({ type: 'part', body: EMPTY })],
        ['alice acknowledged what bob had not sent', (caller) => caller.say({ type: 'ack', count: 1 })],
        ['alice gave up, and then went on', (caller) => caller.say({ type: 'abort', code: 'failed' })],
        ['alice said her end with bytes in it', (caller) => caller.say(Uint8Array.of(5, 0, 1, 0))],
        ['alice said her end, and then a message', (caller) => caller.say(END)],
      ]
      for (const [story, wrong] of stories) {
        const before = bob.shown().length
        const key = await bob.key()
        await calling(bob, async (caller) => {
          must(await caller.shakeHands(key), 'bob does not answer a good ticket as bob.')
          wrong(caller)
          caller.say(message('and this came after it'))
          must(await caller.closed(), `${story}, and bob did not hang up.`)
        })
        must(bob.shown().length === before, `${story}, and bob showed what came after it.`)
      }
      await stillServes(bob, 'channels that went wrong')
    },
  },
  {
    name: 'half a message is not shown, and a message has a longest length',
    why: 'somebody who cuts the line could make "do not sell" of "do not sell below ten"; and one who sends for ever fills the memory.',
    async check(bob) {
      const cut: [string, (caller: Caller) => void][] = [
        ['a part came, and the line was cut', (caller) => caller.say(part('do not sell'))],
        [
          'a part came, and then her end',
          (caller) => {
            caller.say(part('do not sell'))
            caller.say(END)
          },
        ],
        [
          'half a frame came',
          (caller) => caller.write(caller.sealed(message('do not sell')).subarray(0, 20)),
        ],
        [
          'a message of more than 1 MiB came',
          (caller) => {
            for (const record of encodeMessage(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(0x78)))
              caller.say(record)
          },
        ],
      ]
      for (const [story, say] of cut) {
        const before = bob.shown().length
        const key = await bob.key()
        await calling(bob, async (caller) => {
          must(await caller.shakeHands(key), 'bob does not answer a good ticket as bob.')
          say(caller)
          caller.hangUp()
          must(await caller.closed(), `${story}, and bob did not hang up.`)
          const { length } = acks(caller.heard)
          must(length === 0, `${story}, and bob acknowledged it.`)
        })
        const shown = bob.shown().slice(before)
        must(shown.length === 0, `${story}, and bob showed ${short(shown[0]?.text)}.`)
      }
      await stillServes(bob, 'messages that were cut')
    },
  },
  {
    name: 'one channel does not wait for another',
    why: 'whoever calls and says nothing would keep everybody else from bob.',
    async check(bob) {
      const key = await bob.key()
      await calling(bob, async (silent) => {
        silent.write(Uint8Array.of(1))
        await calling(bob, async (slow) => {
          must(
            await slow.shakeHands(key),
            'somebody had dialled and said nothing, and bob did not answer alice.',
          )
          slow.say(part('wait'))
          await stillServes(bob, 'two channels that are still open')
        })
      })
    },
  },
]
