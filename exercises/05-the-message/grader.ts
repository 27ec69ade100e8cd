/**
 * The grader of exercise 05: what alice puts on the line, and what she makes of what comes.
 *
 * @module
 */
import { equal, fromUtf8, toBase64url, utf8 } from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import type { StudentProgram } from '../examiner/program.ts'
import { must, type Property } from '../examiner/property.ts'
import { programmed } from './alice.ts'
import { elsewhere } from './elsewhere.ts'
import {
  acknowledgesNothing,
  alwaysSaysHerEnd,
  firstOfHerOwn,
  hangsUpLast,
  leavesNothing,
  saysItOnce,
  toldLegal,
} from './ending.ts'
import { cutIntoFrames, howBound, howSealed, opening, payloadOf, readsUnder, whatRecord } from './examine.ts'
import { failsAtOnce, failsWithEveryText, quoted } from './failing.ts'
import { ownKeyPair } from './key-pair.ts'
import { Meetings, transcript } from './meetings.ts'
import type { Outcome } from './outcome.ts'
import { invitation } from './people.ts'
import { readable } from './readable.ts'
import { sharesNothing, showsNothing } from './side-by-side.ts'
import {
  CUTS,
  carries,
  cutAfter,
  disagreed,
  endless,
  FEW_CUTS,
  impostors,
  miscounted,
  miscountedRecords,
  unacknowledged,
  unopened,
} from './stories.ts'
import { beganAlike, boundToEachTicket, opensWithAnyTicket } from './tickets.ts'
import {
  arrives,
  arrivesOrFails,
  expectRejected,
  inSilence,
  readByStranger,
  readLater,
  refuses,
  TEXT,
} from './trials.ts'

const OTHER_TEXT = 'at ten, behind the theatre'
const MAX_BODY_BYTES = 65_516

/** Texts that are not to be touched, and what one may do to them. */
const TEXTS: readonly string[] = [
  '',
  ' \t at nine, by the fountain \r\n',
  '\ufeffA\u030angstro\u0308m, \ufb01ve \u0000 %20 \\n 🏺',
  '0',
]

/** Which do not fit one frame, or only just, with characters where they may be cut. */
const LONG_TEXTS: readonly string[] = [
  `${'σύμβολον '.repeat(8_000)}🏺`,
  `a${'🏺'.repeat(40_000)}`,
  '🏺'.repeat(40_000),
  'x'.repeat(MAX_BODY_BYTES),
  `${'x'.repeat(MAX_BODY_BYTES)}y`,
  'x'.repeat(2 * MAX_BODY_BYTES),
  'σ'.repeat(2 ** 19),
]

/** More than a receiver has to take. */
const TOO_LONG_TEXTS: readonly string[] = [`${'σ'.repeat(2 ** 19)}!`]

export const properties: readonly Property<Meetings>[] = [
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
  {
    name: 'the message counts as sent when bob has acknowledged it, and not before',
    why: 'TCP takes bytes for a machine that is already off. Only bob can say that he has the message: with an ack, sealed.',
    async check(meetings) {
      await refuses(meetings, unacknowledged, 'alice says that it was sent. Bob has acknowledged nothing.')
      const [[story, talk] = []] = await inSilence(meetings)
      must(story && talk, 'bob never got the message.')
      const { outcome } = talk
      must(
        outcome.result !== 'resolved',
        `${story}, and alice finished as if the message had arrived.`,
        () => 'bob was asleep, or dead: alice says that he has it.',
      )
    },
  },
  {
    name: 'alice says her end',
    why: 'a connection can be cut by anybody. Only an end that is sealed tells bob that there was no more to come.',
    async check(meetings) {
      const { outcome, heard } = await meetings.real(TEXT)
      must(heard.texts.length > 0, `bob never got the message: ${outcome.why}`)
      const [ending] = heard.endings
      must(ending === 'end', `bob's conversation ended with ${ending} instead of an end from alice.`, () => {
        return 'somebody who cuts the line after any of her messages leaves bob with just this.'
      })
      must(outcome.result === 'resolved', `bob waited for her end before he said his: ${outcome.why}`)
      const { types, problem } = transcript(await meetings.honest(TEXT))
      const after = types.slice(types.indexOf('end') + 1).filter((type) => type !== 'ack' && type !== 'abort')
      must(after.length === 0, `after her end alice said more: ${after.join(', ')}.`)
      must(!problem, `after her message bob got something else from alice: ${problem}.`)
      await alwaysSaysHerEnd(meetings)
    },
  },
  {
    name: "alice waits for bob's end, and a connection that is cut is an error",
    why: 'somebody who cuts the line must not be able to make half a conversation look like a whole one.',
    async check(meetings) {
      await refuses(
        meetings,
        endless,
        "bob's next words, 'no, not at nine! I will be late.', were cut off, and alice took what was left for all.",
      )
      const [, ...afterAck] = await inSilence(meetings)
      for (const [story, { outcome }] of afterAck) expectRejected(outcome, `${story}, and hung up`)
      await meetings.each(meetings.alice.isSlow ? FEW_CUTS : CUTS, async (length) => {
        const to = invitation()
        const outcome = await meetings.meet(cutAfter(length, to), to, TEXT)
        expectRejected(outcome, `the line was cut after ${length} bytes of bob's`)
      })
      await hangsUpLast(meetings)
    },
  },
  {
    name: 'what does not open ends the conversation',
    why:
      'only somebody on the way makes such a frame. Whoever goes on after it lets him try as often as he likes, and never ' +
      'learns that somebody is there.',
    check: (meetings) =>
      refuses(
        meetings,
        unopened,
        'somebody changed what bob said on its way, and alice says that all is well.',
      ),
  },
  {
    name: 'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end',
    why: 'a bob who does not keep to the agreement may mean something else by the rest as well.',
    async check(meetings) {
      const loot = 'alice says that all is well. Bob has given up, or is another program.'
      await refuses(meetings, disagreed, loot)
      const to = invitation()
      expectRejected(
        await meetings.meet(carries(to), to, TEXT),
        "bob's message 2 carried ten bytes more",
        loot,
      )
    },
  },
  {
    name: 'alice hears all that bob says, however it is cut and joined',
    why:
      'TCP carries bytes and knows no frames; a frame carries one record or several; and bob may say his end first, or have ' +
      'something to say himself.',
    async check(meetings) {
      for (const [story, { outcome, rest }] of await toldLegal(meetings)) {
        must(rest.length > 0, `alice sent no message: ${outcome.why}`)
        must(outcome.result === 'resolved', `bob did as agreed (${story}), but: ${outcome.why}`)
      }
    },
  },
  {
    name: "bob's ack counts messages, and alice sent one",
    why:
      'an ack that says 0 says that bob has handled nothing. One that says more than was sent, or goes back, is of another ' +
      'conversation, or of a bob who has lost count.',
    async check(meetings) {
      const loot = 'alice says that it was sent. Bob did not say that.'
      await refuses(meetings, miscounted, loot)
      await refuses(meetings, miscountedRecords, loot, 'x'.repeat(MAX_BODY_BYTES + 1))
    },
  },
  {
    name: 'alice acknowledges nothing that she throws away',
    why: "an ack says that a message was handled. Bob's words are passed over here, and he must not believe that they were read.",
    check: acknowledgesNothing,
  },
  {
    name: 'a long message arrives whole',
    why: 'a frame holds 65535 bytes. What is longer travels in several; to bob it is one message.',
    async check(meetings) {
      await meetings.each(LONG_TEXTS, (text) => arrives(meetings, text))
      await meetings.each(TOO_LONG_TEXTS, (text) => arrivesOrFails(meetings, text))
    },
  },
  {
    name: 'two conversations at the same time do not meet',
    why: 'what is kept outside of the function is shared by all who call it: the text of one with the keys of the other.',
    async check(meetings) {
      const same = invitation()
      const talks = [
        ...(await meetings.together([TEXT, OTHER_TEXT])),
        // What is kept by the text, or by the ticket, is found again by another.
        ...(await meetings.together([TEXT, TEXT])),
        ...(await meetings.together([TEXT, OTHER_TEXT], [same, same])),
      ]
      for (const talk of talks) {
        const { text } = talk.outcome
        const { text: read, problem } = transcript(talk)
        const { outcome } = talk
        must(
          read,
          `in one of two conversations bob got no message: ${outcome.why || 'alice says it was sent.'}`,
        )
        must(
          equal(read, utf8(text)),
          `in one of two conversations bob read '${fromUtf8(read)}', not '${text}'.`,
        )
        must(!problem, `in one of two conversations bob got something else after the text: ${problem}.`)
        must(outcome.result === 'resolved', `in one of two conversations bob read it, but: ${outcome.why}`)
      }
      await sharesNothing(meetings)
    },
  },
  {
    name: 'when it fails, alice is told why, with an Error, and it gives no secret away',
    why: 'errors end in log files, and log files in other hands.',
    async check(meetings) {
      const { outcomes } = meetings
      mustHaveSpoken(outcomes)
      await failsAtOnce(meetings)
      await failsWithEveryText(meetings)
      for (const { result, why, isError, told, to, text } of outcomes) {
        if (result !== 'rejected') continue
        must(isError, `it failed without an Error that says why: ${why}`)
        const key = standsIn(told, to.secret.reveal())
        must(!key, `the error carries the secret, ${key}.`, () => {
          return `read in the log: ${toBase64url(to.secret.reveal()).slice(0, 8)}… It opens what was recorded of this handshake.`
        })
        // Its beginning alone, too; the words in its middle are anybody's.
        const bytes = utf8(text)
        const how =
          readable(utf8(told), bytes) ?? readable(utf8(told), bytes.subarray(0, 10)) ?? quoted(told, text)
        must(!how, `the error carries the text, ${how}.`, () => `read in the log: '${text.slice(0, 60)}'`)
      }
    },
  },
  {
    name: 'neither the secret nor the text is printed',
    why: 'what is on a screen is also in its history, in a screenshot, and in what is sent along with a question.',
    check({ alice, outcomes }) {
      mustHaveSpoken(outcomes)
      for (const { to } of outcomes) {
        const how = standsIn(alice.printed, to.secret.reveal())
        must(!how, `the secret was printed, ${how}.`, () => {
          return `read over alice's shoulder: ${toBase64url(to.secret.reveal()).slice(0, 8)}… With it anybody can be bob.`
        })
      }
      for (const text of new Set(outcomes.map((outcome) => outcome.text))) {
        const how = quoted(alice.printed, text)
        must(
          !how,
          `the text was printed, ${how}.`,
          () => `read over alice's shoulder: '${text.slice(0, 60)}'`,
        )
      }
    },
  },
  {
    name: 'alice hangs up, however it ended',
    why: 'a line that stays open holds a place at both ends; after enough failures there is none left.',
    check({ outcomes }) {
      mustHaveSpoken(outcomes)
      for (const { result, hungUp, why } of outcomes) {
        if (result === 'still waiting') continue
        const ended = result === 'resolved' ? 'it had arrived' : `it had failed (${why})`
        must(hungUp, `${ended}, and alice's half of the connection was still open.`)
      }
    },
  },
  {
    name: 'alice keeps nothing: of what bob says besides, and, when it is over, of anything',
    why:
      'a bob who talks without end would fill her memory. What is kept of a conversation is found by whoever gets at the ' +
      'machine. And a timer, or an error for which nothing waits, ends her program when all is well.',
    check: leavesNothing,
  },
  {
    name: 'the hundredth conversation is like the first, at any time and in any place',
    why:
      'a program runs for months, on many machines. What is right the first time, or at noon, or here, and wrong later is ' +
      'found by nobody who tries it once.',
    async check(meetings) {
      mustHaveSpoken(meetings.outcomes)
      await arrives(meetings, OTHER_TEXT)
      beganAlike(meetings.outcomes, await firstOfHerOwn(meetings))
      await elsewhere(meetings)
    },
  },
]

/** @throws Missing when nothing was ever sent, so that nothing can be told. */
function mustHaveSpoken(outcomes: readonly Outcome[]): void {
  const spoke = outcomes.some(({ sent }) => sent.length > 0)
  must(spoke, outcomes[0]?.why || 'sendMessage sent nothing at all.')
}

export const grader: Grader<Meetings> = {
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
    'secureRandomBytes',
    'CipherState',
    'SymmetricState',
    'Secret',
    'KEY_BYTES',
    'TAG_BYTES',
  ],
  subject: (program: StudentProgram) => new Meetings(programmed(program)),
  properties,
}
