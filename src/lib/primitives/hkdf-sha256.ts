/**
 * HKDF-SHA256 (RFC 5869) for keys, in JavaScript: a derivation is eight short blocks, which take 2 us here, and as long as that to
 * make each of the objects with which OpenSSL would hash them. For much data `node:crypto` is faster, and used.
 *
 * Only additions, rotations and logic on 32-bit words: what it takes depends on lengths, not on secrets. What it works in is
 * overwritten at the end.
 *
 * @module
 */

const BLOCK_BYTES = 64
const HASH_BYTES = 32
/** HMAC's pads, RFC 2104 §2. */
const [INNER, OUTER] = [0x36, 0x5c]

/** FIPS 180-4 §4.2.2. */
const K = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
)

/** FIPS 180-4 §5.3.3. */
const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
)

// One derivation at a time: nothing here waits.
const words = new Int32Array(64)
const block = new Uint8Array(BLOCK_BYTES)
const view = new DataView(block.buffer)
const state = new Int32Array(8)
const prk = new Uint8Array(HASH_BYTES)
const digest = new Uint8Array(HASH_BYTES)
const shortKey = new Uint8Array(HASH_BYTES)
const counter = new Uint8Array(1)
let filled = 0
let hashed = 0

/** Extract, then expand: RFC 5869 §2.2 and §2.3. */
export function hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * HASH_BYTES) throw new RangeError(`hkdf: at most ${255 * HASH_BYTES} bytes`)
  const output = new Uint8Array(length)
  beginHmac(salt)
  update(ikm)
  endHmac(salt)
  prk.set(digest)
  for (let at = 0; at < length; at += HASH_BYTES) {
    beginHmac(prk)
    if (at > 0) update(digest)
    update(info)
    counter[0] = at / HASH_BYTES + 1
    update(counter)
    endHmac(prk)
    output.set(length - at < HASH_BYTES ? digest.subarray(0, length - at) : digest, at)
  }
  for (const secret of [words, block, state, prk, digest, shortKey]) secret.fill(0)
  return output
}

/** HMAC (RFC 2104): what is updated next is its text. */
function beginHmac(key: Uint8Array): void {
  if (key.length > BLOCK_BYTES) {
    // Before the block is used: a long key is hashed first.
    begin()
    update(key)
    end(shortKey)
  }
  begin()
  updatePadded(key.length > BLOCK_BYTES ? shortKey : key, INNER)
}

function endHmac(key: Uint8Array): void {
  end(digest)
  begin()
  updatePadded(key.length > BLOCK_BYTES ? shortKey : key, OUTER)
  update(digest)
  end(digest)
}

function updatePadded(key: Uint8Array, pad: number): void {
  for (let i = 0; i < BLOCK_BYTES; i++) block[i] = (i < key.length ? (key[i] as number) : 0) ^ pad
  filled = BLOCK_BYTES
  hashed = BLOCK_BYTES
  compress()
}

function begin(): void {
  state.set(INITIAL)
  filled = 0
  hashed = 0
}

function update(bytes: Uint8Array): void {
  hashed += bytes.length
  for (let i = 0; i < bytes.length; i++) {
    block[filled++] = bytes[i] as number
    if (filled === BLOCK_BYTES) compress()
  }
}

/** The padding, FIPS 180-4 §5.1.1, and the hash. */
function end(into: Uint8Array): void {
  const bits = hashed * 8
  block[filled++] = 0x80
  if (filled > BLOCK_BYTES - 8) {
    block.fill(0, filled)
    compress()
  }
  block.fill(0, filled)
  for (let i = BLOCK_BYTES - 1, left = bits; left > 0; i--, left = Math.floor(left / 256))
    block[i] = left % 256
  compress()
  for (let i = 0; i < HASH_BYTES; i++) into[i] = (state[i >> 2] as number) >>> (24 - 8 * (i & 3))
}

/** FIPS 180-4 §6.2.2, of the block, which is empty then. */
function compress(): void {
  filled = 0
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(4 * i)
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15] as number
    const y = words[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    words[i] = (words[i - 16] as number) + s0 + (words[i - 7] as number) + s1
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + (K[i] as number) + (words[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = (state[0] as number) + a
  state[1] = (state[1] as number) + b
  state[2] = (state[2] as number) + c
  state[3] = (state[3] as number) + d
  state[4] = (state[4] as number) + e
  state[5] = (state[5] as number) + f
  state[6] = (state[6] as number) + g
  state[7] = (state[7] as number) + h
}
