import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exchangeSealed } from '../../src/lib/exchange.ts'
import { openRequest, parseSealedRequest, SEALED_TYPE, sealReply } from '../../src/lib/sealed.ts'
import { Secret } from '../../src/lib/secret.ts'

const test = suite('exchange')

test('a request has an id of its own, unless it brings one to be sent again with', async () => {
  const token = new Secret('session token', new Uint8Array(32).fill(7))
  const ids: string[] = []
  const link = {
    post: async (_path: string, _type: string, bytes: Uint8Array) => {
      const request = parseSealedRequest(bytes)
      ids.push((openRequest(request, token, 'POST /x') as { id: string }).id)
      const body = sealReply(token, 'POST /x', request.salt, { status: 200, time: 1, body: {} })
      return { status: 200, type: SEALED_TYPE, body }
    },
    close: async () => {},
  }
  const session = { token, clock: () => 1, onTime: () => {} }
  for (const body of [{}, {}, { id: 'ours' }, { id: 'ours' }]) await exchangeSealed(link, '/x', body, session)
  const [first = '', second, third, fourth] = ids
  assert.is(first.length, 22)
  assert.is.not(first, second)
  assert.equal([third, fourth], ['ours', 'ours'])
})

test.run()
