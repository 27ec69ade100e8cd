import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openAtRest, openStoredToken, sealAtRest, sealStoredToken } from '../../../src/kdc/keys/at-rest.ts'
import { MasterKeys } from '../../../src/kdc/keys/master-keys.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { throws } from '../../helpers/throws.ts'

const stored = suite('stored token')

const MASTER = new MasterKeys([new Uint8Array(32).fill(7)])
const OTHER = new MasterKeys([new Uint8Array(32).fill(8)])
const TOKEN = new Secret('session token', new Uint8Array(32).fill(9))
const SID = sessionId(TOKEN)

/** As the header has it. */
function numberOf(keys: MasterKeys): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(keys.current.number)
  return bytes
}

stored('opens under the master key for its session', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  assert.equal(openStoredToken(MASTER, SID, sealed)?.reveal(), TOKEN.reveal())
})

stored('is format, key number, salt, ciphertext and tag', () => {
  const salt = new Uint8Array(32).fill(3)
  const sealed = sealStoredToken(MASTER, SID, TOKEN, () => salt)
  assert.is(sealed.length, 1 + 4 + 32 + 32 + 16)
  assert.equal(sealed.slice(0, 37), Uint8Array.of(1, ...numberOf(MASTER), ...salt))
})

stored('is another each time', () => {
  assert.is.not(
    Buffer.from(sealStoredToken(MASTER, SID, TOKEN)).toString('hex'),
    Buffer.from(sealStoredToken(MASTER, SID, TOKEN)).toString('hex'),
  )
})

stored('opens for no other session', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  throws(() => openStoredToken(MASTER, new Uint8Array(16), sealed), 'decryption_failed')
})

stored('that was opened before opens for no other session still, nor with a bit changed', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  openStoredToken(MASTER, SID, sealed)
  throws(() => openStoredToken(MASTER, new Uint8Array(16), sealed), 'decryption_failed')
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
  throws(() => openStoredToken(MASTER, SID, sealed), 'decryption_failed')
})

stored('is given to each who opens it as a copy of their own', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  for (let again = 0; again < 3; again++) {
    const opened = openStoredToken(MASTER, SID, sealed)
    assert.equal(opened?.reveal(), TOKEN.reveal())
    opened?.wipe()
  }
})

stored('what is sealed as one kind does not open as the other', () => {
  const sealed = sealAtRest(MASTER, 'stored token', SID, TOKEN.reveal())
  assert.equal(openAtRest(MASTER, 'stored token', SID, sealed), TOKEN.reveal())
  throws(() => openAtRest(MASTER, 'login state', SID, sealed), 'decryption_failed')
})

stored('is gone with its master key, and a key that took its number opens nothing', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  assert.is(openStoredToken(OTHER, SID, sealed), undefined)
  sealed.set(numberOf(OTHER), 1)
  throws(() => openStoredToken(OTHER, SID, sealed), 'decryption_failed')
})

stored('opens under an older master key as long as that is kept', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  const rotated = MASTER.rotated(new Set(MASTER.numbers))
  assert.equal(openStoredToken(rotated, SID, sealed)?.reveal(), TOKEN.reveal())
  assert.is(openStoredToken(MASTER, SID, sealStoredToken(rotated, SID, TOKEN)), undefined)
  assert.is(openStoredToken(MASTER.rotated(new Set()), SID, sealed), undefined)
})

stored('does not open with any bit changed, nor cut short', () => {
  const sealed = sealStoredToken(MASTER, SID, TOKEN)
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.slice()
    changed[i] = (changed[i] ?? 0) ^ 1
    // Another number is that of a key which is gone.
    if (i >= 1 && i < 5) assert.is(openStoredToken(MASTER, SID, changed), undefined)
    else throws(() => openStoredToken(MASTER, SID, changed), 'decryption_failed')
    throws(() => openStoredToken(MASTER, SID, sealed.slice(0, i)), 'decryption_failed')
  }
})

stored.run()
