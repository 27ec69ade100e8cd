/**
 * Properties of what alice makes of what she hears: when a message is sent, and when all is over.
 *
 * @module
 */
import { must, type Property } from '../examiner/property.ts'
import { acknowledgesNothing, alwaysSaysHerEnd, hangsUpLast, toldLegal } from './ending.ts'
import { type Meetings, transcript } from './meetings.ts'
import { invitation } from './people.ts'
import {
  CUTS,
  carries,
  cutAfter,
  disagreed,
  endless,
  FEW_CUTS,
  isFollowed,
  miscounted,
  miscountedRecords,
  unacknowledged,
  unopened,
} from './stories.ts'
import { expectRejected, inSilence, refuses, TEXT } from './trials.ts'

const MAX_BODY_BYTES = 65_516

export const hearing: readonly Property<Meetings>[] = [
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
      const peers = [
        ["bob's message 2 carried ten bytes more", carries],
        ["ten bytes more stood behind bob's message 2 in its frame", isFollowed],
      ] as const
      for (const [story, peer] of peers) {
        const to = invitation()
        expectRejected(await meetings.meet(peer(to), to, TEXT), story, loot)
      }
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
]
