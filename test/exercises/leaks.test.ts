/** Secrets in what a student's program says. */
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { piecesIn, standsIn } from '../../exercises/examiner/leaks.ts'

const secret = Uint8Array.from(createHash('sha256').update('a secret').digest())
const other = Uint8Array.from(createHash('sha256').update('another').digest())
const hex = Buffer.from(secret).toString('hex')

const WAYS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  hexadecimal: (bytes) => Buffer.from(bytes).toString('hex'),
  'hexadecimal in capitals, with colons': (bytes) =>
    [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':'),
  'hexadecimal with 0x': (bytes) =>
    [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', '),
  'hexadecimal, backwards': (bytes) => Buffer.from(bytes).reverse().toString('hex'),
  base64: (bytes) => Buffer.from(bytes).toString('base64'),
  base64url: (bytes) => Buffer.from(bytes).toString('base64url'),
  'base64 within more': (bytes) =>
    Buffer.concat([Buffer.from('ab'), bytes, Buffer.from('c')]).toString('base64'),
  'base64, further on within more': (bytes) => Buffer.concat([Buffer.from('a'), bytes]).toString('base64'),
  'base64 over lines': (bytes) => Buffer.from(bytes).toString('base64').replace(/.{10}/g, '$&\n'),
  numbers: (bytes) => bytes.join(' '),
  'JSON of a Buffer': (bytes) => JSON.stringify(Buffer.from(bytes)),
  'JSON of a Uint8Array': (bytes) => JSON.stringify(bytes),
  'what console.log shows of a Uint8Array': (bytes) => inspect(bytes),
  'what console.log shows of a Buffer': (bytes) => inspect(Buffer.from(bytes)),
  characters: (bytes) => Buffer.from(bytes).toString('latin1'),
  'half of it': (bytes) => Buffer.from(bytes.subarray(16)).toString('hex'),
  'eight bytes, from anywhere in it': (bytes) => Buffer.from(bytes.subarray(5, 13)).toString('base64'),
}

const leaks = suite('secrets in text')

for (const [name, written] of Object.entries(WAYS)) {
  leaks(`finds one as ${name}, and no other`, () => {
    const text = `at 12:30 the key "${written(secret)}" was used 7 times`
    assert.ok(standsIn(text, secret), text)
    assert.is(standsIn(text, other), undefined)
  })
}

leaks('finds one among bytes, and no other', () => {
  for (const piece of [secret, secret.subarray(3, 11), Buffer.from(hex)]) {
    const bytes = Buffer.concat([other, piece, Buffer.alloc(3)])
    assert.ok(standsIn(bytes, secret))
    assert.is(
      standsIn(
        bytes,
        other.map((byte) => byte ^ 1),
      ),
      undefined,
    )
  }
})

leaks('finds nothing where nothing is, nor the beginning of it', () => {
  for (const text of ['', '[session token]', `${hex.slice(0, 12)}…`, 'x'.repeat(1000)])
    assert.is(standsIn(text, secret), undefined)
})

leaks('goes through a long row of digits once', () => {
  assert.is(standsIn('1'.repeat(2 ** 20), secret), undefined)
})

const MANY = Array.from({ length: 40 }, (_, i) =>
  Uint8Array.from(createHash('sha256').update(`${i}`).digest()),
)

leaks('finds a few letters of each of many secrets, and nothing of others', () => {
  const others = MANY.map((bytes) => Uint8Array.from(createHash('sha256').update(bytes).digest()))
  const pieces: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
    'letters 1 to 4': (bytes) => Buffer.from(bytes).toString('base64url').slice(0, 5),
    'letters 40 to 43': (bytes) => Buffer.from(bytes).toString('base64url').slice(-4),
    'digits 3 to 8': (bytes) => Buffer.from(bytes).toString('hex').slice(2, 8),
  }
  for (const [where, piece] of Object.entries(pieces)) {
    // Of most of them, among what stands there for good reasons.
    const text = MANY.map((bytes, i) => {
      return `ticket ${Buffer.from(others[i] ?? []).toString('hex')} of ${i % 3 === 0 ? i : piece(bytes)}`
    }).join('\n')
    assert.is(piecesIn(text, MANY), where)
    assert.is(
      piecesIn(
        text,
        others.map((bytes) => bytes.map((byte) => byte ^ 1)),
      ),
      undefined,
    )
    // Of one it may be chance.
    assert.is(piecesIn(text, MANY.slice(0, 2)), undefined)
  }
})

leaks.run()
