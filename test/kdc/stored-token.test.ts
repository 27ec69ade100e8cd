import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openStoredToken, sealStoredToken } from '../../src/kdc/stored-token.ts'
import { Secret } from '../../src/lib/secret.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { throws } from '../helpers/throws.ts'

const stored = suite('stored token')

const MASTER = new Uint8Array(32).fill(7)
const TOKEN = new Secret('session token', new Uint8Array(32).fill(9))
const SID = sessionId(TOKEN)

stored('opens under the master key for its session', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  assert.equal(openStoredToken(MASTER, SID, sealed).reveal(), TOKEN.reveal())
})

stored('is format, key version, salt, ciphertext and tag', () => {
  const salt = new Uint8Array(32).fill(3)
  const sealed = sealStoredToken(MASTER, SID, TOKEN, () => salt)
  assert.is(sealed.length, 1 + 4 + 32 + 32 + 16)
  assert.equal(sealed.slice(0, 37), Uint8Array.of(1, 0, 0, 0, 1, ...salt))
})

stored('is another each time', () => {
  assert.is.not(
    Buffer.from(sealStoredToken(MASTER, SID, TOKEN)).toString('hex'),
    Buffer.from(sealStoredToken(MASTER, SID, TOKEN)).toString('hex'),
  )
})

stored('opens under no other key and for no other session', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  throws(() => openStoredToken(new Uint8Array(32), SID, sealed), 'decryption_failed')
  throws(() => openStoredToken(MASTER, new Uint8Array(16), sealed), 'decryption_failed')
})

stored('does not open with any bit changed, nor cut short', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.slice()
    changed[i] = (changed[i] ?? 0) ^ 1
    throws(() => openStoredToken(MASTER, SID, changed), 'decryption_failed')
    throws(() => openStoredToken(MASTER, SID, sealed.slice(0, i)), 'decryption_failed')
  }
})

stored.run()
