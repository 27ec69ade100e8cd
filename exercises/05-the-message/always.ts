/**
 * Properties of all conversations: long ones, many, those that fail, and what is left of them.
 *
 * @module
 */
import { equal, fromUtf8, toBase64url, utf8 } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import { elsewhere } from './elsewhere.ts'
import { firstOfHerOwn, leavesNothing } from './ending.ts'
import { failsAtOnce, failsWithEveryText, quoted, searches } from './failing.ts'
import { type Meetings, transcript } from './meetings.ts'
import type { Outcome } from './outcome.ts'
import { invitation } from './people.ts'
import { readable } from './readable.ts'
import { sharesNothing } from './side-by-side.ts'
import { beganAlike } from './tickets.ts'
import { arrives, arrivesAgain, arrivesOrFails, TEXT } from './trials.ts'

const OTHER_TEXT = 'at ten, behind the theatre'
const MAX_BODY_BYTES = 65_516

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

export const always: readonly Property<Meetings>[] = [
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
      const lookIn = searches()
      for (const { result, why, isError, told, to, text, atOnce } of outcomes) {
        if (result !== 'rejected') continue
        must(isError, `it failed without an Error that says why: ${why}`)
        must(!atOnce, `it was thrown before there was a promise, and a .catch never hears of it: ${why}`)
        const key = lookIn(told)(to.secret.reveal())
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
        const how = text === TEXT ? readable(utf8(alice.printed), utf8(text)) : quoted(alice.printed, text)
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
        must(hungUp !== 'later', `${ended}, she said that it was over, and only some time later she hung up.`)
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
      if (!meetings.alice.isSlow) await arrivesAgain(meetings)
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
