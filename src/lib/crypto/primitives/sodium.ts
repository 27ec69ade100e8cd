/// <reference path="./libsodium.d.ts" />
/**
 * AEAD_CHACHA20_POLY1305 and HKDF-SHA256 of short inputs by libsodium in WebAssembly: a call costs less than a microsecond before the
 * first byte, `node:crypto`'s five. docs/decisions/0004-primitives.md.
 *
 * The library without its wrappers, which copy each key into memory that they do not wipe. Here everything lies in one place, allocated
 * once, and is overwritten before a call returns.
 */
import { randomBytes } from 'node:crypto'

/** The longest plaintext, and aad, that is sealed here. OpenSSL overtakes above 2 KiB. */
export const SHORT_BYTES = 1024

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Lengths have been checked: key and nonce exact, plaintext and aad up to `SHORT_BYTES`, sealed from the tag's length. */
export interface Sodium {
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** `undefined` when the tag does not match, and then nothing was decrypted. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
  /** HKDF-SHA256 (RFC 5869 §2); `undefined` when one of them is too long to be done here. */
  hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array | undefined
  /** Its second step alone, with a key of 32 bytes; `undefined` as `hkdf`. */
  hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array | undefined
}

/** Compiles it: some 17 ms, most of them on this thread. @throws where there is no WebAssembly. */
export async function loadSodium(): Promise<Sodium> {
  const { default: load } = await import('libsodium')
  const lib = await load({ getRandomValue: () => randomBytes(4).readUInt32LE() })
  if (lib._sodium_init() < 0) throw new Error('libsodium: not initialized')
  return over(lib)
}

type Library = Awaited<ReturnType<typeof import('libsodium')['default']>>

/** @internal For a test, which looks through the memory. */
export function over(lib: Library): Sodium {
  const KEY = lib._malloc(KEY_BYTES + TAG_BYTES + 2 * (SHORT_BYTES + TAG_BYTES))
  if (KEY === 0) throw new Error('libsodium: no memory')
  const NONCE = KEY + KEY_BYTES
  const DATA = NONCE + TAG_BYTES
  const AAD = DATA + SHORT_BYTES + TAG_BYTES
  const END = AAD + SHORT_BYTES

  const put = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, data: Uint8Array) => {
    // A longer one would reach into what comes next.
    const fits = key.length === KEY_BYTES && nonce.length === NONCE_BYTES && aad.length <= SHORT_BYTES
    if (!fits || data.length > SHORT_BYTES + TAG_BYTES) throw new RangeError('libsodium: wrong lengths')
    const memory = lib.HEAPU8
    memory.set(key, KEY)
    memory.set(nonce, NONCE)
    memory.set(aad, AAD)
    memory.set(data, DATA)
  }
  const encrypt = (length: number, aadLength: number) =>
    lib._crypto_aead_chacha20poly1305_ietf_encrypt(DATA, 0, DATA, length, 0, AAD, aadLength, 0, 0, NONCE, KEY)
  const decrypt = (length: number, aadLength: number) =>
    lib._crypto_aead_chacha20poly1305_ietf_decrypt(DATA, 0, 0, DATA, length, 0, AAD, aadLength, 0, NONCE, KEY)

  // One byte of zero, sealed under a key of zeros.
  lib.HEAPU8.fill(0, KEY, END)
  encrypt(1, 0)
  const blank = lib.HEAPU8.slice(DATA, DATA + 1 + TAG_BYTES)

  return {
    seal(key, nonce, aad, plaintext) {
      try {
        put(key, nonce, aad, plaintext)
        if (encrypt(plaintext.length, aad.length) !== 0) throw new Error('libsodium: cannot seal')
        return lib.HEAPU8.slice(DATA, DATA + plaintext.length + TAG_BYTES)
      } finally {
        lib.HEAPU8.fill(0, KEY, END)
      }
    },
    open(key, nonce, aad, sealed) {
      try {
        put(key, nonce, aad, sealed)
        // It checks the tag first, and decrypts only then.
        if (decrypt(sealed.length, aad.length) !== 0) return undefined
        return lib.HEAPU8.slice(DATA, DATA + sealed.length - TAG_BYTES)
      } finally {
        lib.HEAPU8.fill(0, KEY, END)
        // It leaves the last bytes that it decrypted on its stack, if they are no whole block: another byte, a zero, takes their place.
        if (sealed.length % 64 !== TAG_BYTES) {
          lib.HEAPU8.set(blank, DATA)
          decrypt(blank.length, 0)
          lib.HEAPU8.fill(0, DATA, DATA + blank.length)
        }
      }
    },
    hkdf(ikm, salt, info, length) {
      const INFO = AAD + salt.length
      if (ikm.length > SHORT_BYTES || INFO + info.length > END || length > SHORT_BYTES) return undefined
      try {
        lib.HEAPU8.set(ikm, DATA)
        lib.HEAPU8.set(salt, AAD)
        lib.HEAPU8.set(info, INFO)
        lib._crypto_kdf_hkdf_sha256_extract(KEY, AAD, salt.length, DATA, ikm.length)
        lib._crypto_kdf_hkdf_sha256_expand(DATA, length, INFO, info.length, KEY)
        return lib.HEAPU8.slice(DATA, DATA + length)
      } finally {
        lib.HEAPU8.fill(0, KEY, END)
      }
    },
    hkdfExpand(prk, info, length) {
      if (prk.length !== KEY_BYTES || info.length > SHORT_BYTES || length > SHORT_BYTES) return undefined
      try {
        lib.HEAPU8.set(prk, KEY)
        lib.HEAPU8.set(info, AAD)
        lib._crypto_kdf_hkdf_sha256_expand(DATA, length, AAD, info.length, KEY)
        return lib.HEAPU8.slice(DATA, DATA + length)
      } finally {
        lib.HEAPU8.fill(0, KEY, END)
      }
    },
  }
}
