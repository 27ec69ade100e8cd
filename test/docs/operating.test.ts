/** docs/operating.md against the code: its table of limits on traffic has the numbers that hold, and all of them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BEAT_MS, MAX_STREAMS } from '../../src/kdc/events/mailbox-subscribers.ts'
import { MAX_REQUEST_BYTES } from '../../src/kdc/http/request.ts'
import { BODY_LIMITS, CONNECTION_LIMITS, READ_LIMITS } from '../../src/kdc/traffic/limits.ts'
import { quantitiesIn, readDocument, tablesOf } from './documents.ts'

const test = suite('operating.md')

/** What is limited, in seconds, bytes and pieces. */
const KNOWN: Record<string, number> = {
  ...flat('', CONNECTION_LIMITS),
  ...flat('reads.', READ_LIMITS),
  ...flat('bodies.', BODY_LIMITS),
  body: MAX_REQUEST_BYTES,
  beat: BEAT_MS / 1000,
  streams: MAX_STREAMS,
}

/** By the names of their rows, the limits in these, in order; what is beyond them after a `|`. */
const ROWS: Record<string, string> = {
  'a request, headers and body, or a TLS handshake': 'requestTimeoutMs |',
  'headers; body': 'maxHeaderBytes body |',
  'what is left of a request that was answered before its end':
    'discardTimeoutMs maxDiscardBytes maxDiscards maxWaitingDiscards |',
  'an answer, until it is read': 'answerTimeoutMs beat |',
  'a connection on which nothing is asked': 'keepAliveTimeoutMs |',
  'connections; of these, without a complete request under way': 'maxConnections maxSilent |',
  'requests on a connection behind one that is being answered': 'maxPipelined maxPipelinedBytes |',
  'long requests, over 16 KiB, that are coming in':
    'bodies.ofNetwork.total bodies.ofNetwork.each bodies.ofSession.each |',
  'answers to reads that are being made, or were not read yet':
    'reads.answers.total reads.answers.each | reads.unreadMs',
  'reads of one principal': 'reads.burstBytes reads.bytesPerSec reads.leastBytes |',
  'answers to one read, told by its `id`': 'reads.answersOfOneId reads.ids.each reads.ids.total |',
  'event streams of one principal': 'streams |',
}

/** In the words of the table: a second, and as much as for networks. */
const IN_WORDS = ['reads.refusalMs', 'bodies.ofSession.total']
/** Not a limit on traffic. */
const OTHERS = ['drainTimeoutMs']

function flat(prefix: string, limits: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([name, limit]) => {
      if (typeof limit === 'object') return Object.entries(flat(`${prefix}${name}.`, limit))
      return [[prefix + name, name.endsWith('Ms') ? limit / 1000 : limit]]
    }),
  )
}

const statuses = /\b\d{3}(?= `|,|;|$)/g
const numbersIn = (cell = '') => quantitiesIn(cell.replace(/§\d+/g, '').replace(/(\d),(\d{3})/g, '$1$2'))

test('the table of limits on traffic has those that hold, and no other', () => {
  const table = tablesOf(readDocument('operating.md')).find(({ section }) => section === 'Limits on traffic')
  const documented = Object.fromEntries(
    (table?.rows ?? []).map(([what = '', limit, beyond = '']) => [
      what,
      [numbersIn(limit), numbersIn(beyond.replace(statuses, ''))],
    ]),
  )
  const expected = Object.fromEntries(
    Object.entries(ROWS).map(([what, limits]) => [
      what,
      limits.split('|').map((names) => names.match(/\S+/g)?.map((name) => KNOWN[name]) ?? []),
    ]),
  )
  assert.equal(documented, expected)
})

test('the table has every limit', () => {
  const named = Object.values(ROWS).flatMap((limits) => limits.match(/[\w.]+/g) ?? [])
  assert.equal([...named, ...IN_WORDS, ...OTHERS].sort(), Object.keys(KNOWN).sort())
  assert.is(READ_LIMITS.refusalMs, 1000)
  assert.equal(BODY_LIMITS.ofSession.total, BODY_LIMITS.ofNetwork.total)
})

test.run()
