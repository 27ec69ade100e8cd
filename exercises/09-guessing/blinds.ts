/**
 * Requests of OPAQUE, and the blinds that explain them.
 *
 * @module
 */
import { attempt } from '../examiner/attempt.ts'
import { must, type Property } from '../examiner/property.ts'
import { hashToGroup, P, Q, requestOf } from './group.ts'
import { chosen, freshWord, type Guesser, shown, someWord } from './guesser.ts'

export const ofBlinds: readonly Property<Guesser>[] = [
  {
    name: 'blindFor finds for every word the blind that makes an OPAQUE request of it',
    why: 'if every word can have made the request, it says nothing about the password. So eve has nothing to try words on.',
    async check(guesser) {
      for (const request of [
        requestOf('sunshine', 77),
        requestOf(someWord(), 1 + chosen(Q - 1)),
        requestOf('sunshine', 1),
        requestOf('sunshine', Q - 1),
      ]) {
        for (const word of ['sunshine', 'dragon', '密码', '', someWord(), freshWord()]) {
          const blind = await guesser.blindFor(request, word)
          const of = `the request ${request} and the word ${shown(word)}`
          must(blind !== undefined, `for ${of} blindFor gave nothing, and there is a blind.`)
          must(
            typeof blind === 'number' && Number.isInteger(blind),
            `for ${of} blindFor gave ${shown(blind)}, which is no whole number.`,
          )
          must(blind >= 1 && blind < Q, `for ${of} blindFor gave ${blind}; a blind is from 1 to ${Q - 1}.`)
          const made = requestOf(word, blind)
          must(
            made === request,
            `for ${of} blindFor gave ${blind}, and with this blind the request would be ${made}.`,
          )
        }
      }
    },
  },
  {
    name: 'what is no number of the group is explained by no word',
    why: 'a client that sends such a number has not followed the protocol. Real OPAQUE refuses it: it may be there to spy out the key.',
    async check(guesser) {
      const squares = new Set(Array.from({ length: P }, (_, i) => (i * i) % P))
      const root = Array.from({ length: P }, (_, i) => i).find((i) => i > 500 && !squares.has(i)) ?? 0
      for (const request of [0, 1, P - 1, P, P + hashToGroup('sunshine'), -4, 2.5, root]) {
        for (const word of ['sunshine', someWord()]) {
          const outcome = await attempt(guesser.blindFor(request, word))
          must(
            'gave' in outcome,
            `for the request ${request}: ${'error' in outcome ? outcome.error.message : ''}`,
          )
          must(
            outcome.gave === undefined,
            `for the request ${request} blindFor gave ${shown(outcome.gave)}, and no blind makes it.`,
          )
        }
      }
    },
  },
]
