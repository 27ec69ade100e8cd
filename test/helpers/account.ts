/** One account at a KDC without a port, made by the library, and its way in. */

import type { HttpLink, HttpReply } from '../../src/lib/kdc-link/http.ts'
import { register } from '../../src/lib/register.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { connectionFrom, testKdc } from './kdc.ts'

const KDC = 'http://127.0.0.1:8800'

/** What stands between the client and the KDC: passes a request on, or does not, or loses the answer. */
export type OnTheWay = (path: string, pass: () => Promise<HttpReply>) => Promise<HttpReply>

export async function accountOf(username: string, password: string) {
  const kdc = await testKdc({ registration: 'open' })
  const link = (onTheWay: OnTheWay): HttpLink => ({
    post: (path, type, body) =>
      onTheWay(path, async () => {
        const init = { method: 'POST', headers: { 'Content-Type': type }, body }
        const response = await kdc.app.request(path, init, connectionFrom('127.0.0.1'))
        return {
          status: response.status,
          type: response.headers.get('Content-Type') ?? '',
          body: new Uint8Array(await response.arrayBuffer()),
        }
      }),
    close: async () => {},
  })
  const enter = (password: string, onTheWay: OnTheWay = (_path, pass) => pass()): Promise<Session> =>
    login(KDC, username, password, { link: link(onTheWay), clock: () => kdc.time.now })
  const first = await register(KDC, username, password, {
    link: link((_path, pass) => pass()),
    clock: () => kdc.time.now,
  })
  return { kdc, enter, first }
}
