/** A KDC for tests of its clients: no process, no network, and answers as the test likes. */
import * as assert from 'uvu/assert'
import type { HttpLink, Reply } from '../../src/lib/http.ts'
import { NOW, newSecret, newToken } from './tickets.ts'

/** The URL of every KDC of these tests: nobody dials it. */
export const KDC = 'http://127.0.0.1:8800'

/** A KDC that answers from a script, and remembers what it was asked. */
export function scripted(answers: Record<string, Reply | (() => Reply)>) {
  const asked: { path: string; body: Record<string, unknown> }[] = []
  let closed = false
  const link: HttpLink = {
    async post(path, body) {
      asked.push({ path, body })
      const answer = answers[path]
      assert.ok(answer, `nobody expected ${path}`)
      return typeof answer === 'function' ? answer() : (answer as Reply)
    },
    async close() {
      closed = true
    },
  }
  return { link, asked, wasClosed: () => closed }
}

export const ok = (body: Record<string, unknown>): Reply => ({ status: 200, body: { time: NOW, ...body } })

export const problem = (status: number, code: string): Reply => ({
  status,
  body: { status, code, detail: `it is ${code}` },
})

export const loginReply = (token = newToken()) => ok({ token: token.toText(), expires_at: NOW + 3600 })

export const listenReply = () => ok({ ip_addr: '127.0.0.1', port: 1, expires_at: NOW + 3600 })

export const userinfoReply = (fields: Record<string, unknown> = {}) =>
  ok({
    ip_addr: '127.0.0.1',
    port: 9,
    secret: newSecret().toText(),
    senderinfo: 'AAAA',
    expires_at: NOW + 300,
    ...fields,
  })
