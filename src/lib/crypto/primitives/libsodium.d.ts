/**
 * Of `libsodium`, the library without its wrappers, which comes without types: what `sodium.ts` calls. Arguments are addresses and lengths, in
 * the order of libsodium's C functions; a 64-bit length is two numbers, its low half first.
 */
declare module 'libsodium' {
  type Compiled = (...addressesAndLengths: number[]) => number
  interface Libsodium {
    /** All of its memory. */
    readonly HEAPU8: Uint8Array
    readonly _sodium_init: Compiled
    readonly _malloc: Compiled
    readonly _crypto_aead_chacha20poly1305_ietf_encrypt: Compiled
    readonly _crypto_aead_chacha20poly1305_ietf_decrypt: Compiled
    readonly _crypto_kdf_hkdf_sha256_extract: Compiled
    readonly _crypto_kdf_hkdf_sha256_expand: Compiled
  }
  export default function load(options: { getRandomValue(): number }): Promise<Libsodium>
}
