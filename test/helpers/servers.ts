/** Servers of tests. */
import type { Test } from 'uvu'
import { type Listening, serve } from '../../src/kdc/http/server.ts'

/** `serve`, for a suite: a server that a test has not closed is closed after it, however it ends. */
export function serverOf<T>(suite: Test<T>): typeof serve {
  const open = new Set<Listening>()
  suite.after.each(async () => {
    await Promise.all([...open].map((listening) => listening.close()))
  })
  return async (...given) => {
    const listening = await serve(...given)
    const close = () => {
      open.delete(own)
      return listening.close()
    }
    const own = { ...listening, close }
    open.add(own)
    return own
  }
}
