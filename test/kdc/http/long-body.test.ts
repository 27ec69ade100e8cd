/** Long requests from those who may not send any. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { connectionFrom, secretOf, testKdc } from '../../helpers/kdc.ts'

const long = suite('long requests')

const CHUNK_BYTES = 4096
const FAR_AWAY = '192.0.2.7'

/** Sends so many bytes, the first of which are given, and counts how many are taken. */
async function send(
  kdc: Awaited<ReturnType<typeof testKdc>>,
  beginning: Uint8Array,
  length: number,
  sized: boolean,
) {
  let taken = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, length - taken))
      if (taken === 0) chunk.set(beginning.subarray(0, CHUNK_BYTES))
      taken += chunk.length
      controller.enqueue(chunk)
      if (taken === length) controller.close()
    },
  })
  const headers = { 'Content-Type': SEALED_TYPE, ...(sized ? { 'Content-Length': String(length) } : {}) }
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
  const response = await kdc.app.request('/groups/send', init, connectionFrom(FAR_AWAY))
  return { taken, code: ((await response.json()) as { code: string }).code }
}

const MiB = 1024 * 1024

for (const sized of [true, false]) {
  long(`of strangers are not read to their end (${sized ? 'sized' : 'chunked'})`, async () => {
    const kdc = await testKdc()
    const stranger = await send(kdc, Uint8Array.of(1, 2, 3), MiB, sized)
    assert.is(stranger.code, 'token_unknown')
    assert.ok(stranger.taken <= 32 * 1024, `${stranger.taken} bytes were taken`)
    const none = await send(kdc, Uint8Array.of(7), MiB, sized)
    assert.is(none.code, 'request_refused')
    assert.ok(none.taken <= 32 * 1024, `${none.taken} bytes were taken`)
  })

  long(`of a session are, and judged then (${sized ? 'sized' : 'chunked'})`, async () => {
    const kdc = await testKdc()
    const token = await kdc.login('alice')
    const { bytes } = sealRequest(secretOf(token), 'POST /groups/send', { filler: 'x'.repeat(2000) })
    const known = await send(kdc, bytes, MiB, sized)
    assert.equal(known, { taken: MiB, code: 'request_refused' })
  })
}

long.run()
