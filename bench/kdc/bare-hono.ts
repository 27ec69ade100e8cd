/**
 * The yardstick for `/userinfo`: a handler of the same shape on bare Hono. JSON in, a lookup in a `Map`, 32 random bytes,
 * a ticket sealed by `node:crypto`, JSON out. No validation, no database, no log, no key derivation.
 *
 * @module
 */
import { createCipheriv, randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

interface Session {
  readonly username: string
  readonly key: Buffer
}

const sessions = new Map<string, Session>()
const names = new Map<string, Session>()
for (const username of ['alice', 'bob']) {
  const session = { username, key: randomBytes(32) }
  sessions.set(username, session)
  names.set(username, session)
}

function seal(key: Buffer, plaintext: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  const sealed = [nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64url')
}

const app = new Hono()
app.post('/userinfo', async (c) => {
  const request = await c.req.json()
  const [sender, receiver] = [sessions.get(request.token), names.get(request.receiver)]
  if (!sender || sender.username !== request.username || !receiver) return c.json({ code: 'refused' }, 401)
  const time = Math.floor(Date.now() / 1000)
  const secret = randomBytes(32).toString('base64url')
  const ticket = {
    username: sender.username,
    ip_addr: '127.0.0.1',
    secret,
    receiver: receiver.username,
    issued_at: time,
    expires_at: time + 300,
  }
  const senderinfo = seal(receiver.key, JSON.stringify(ticket))
  return c.json({ ip_addr: '127.0.0.1', port: 52_011, secret, senderinfo, expires_at: time + 300, time })
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  process.stderr.write(`listening on http://127.0.0.1:${port}\n`)
})
