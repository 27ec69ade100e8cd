/** Of `libsodium`, the library without its wrappers, which comes without types: what `sodium.ts` calls. Numbers are addresses and lengths. */
declare module 'libsodium' {
  interface Libsodium {
    /** All of its memory. */
    readonly HEAPU8: Uint8Array
    _sodium_init(): number
    _malloc(length: number): number
    _crypto_aead_chacha20poly1305_ietf_encrypt(
      c: number,
      clen: number,
      m: number,
      mlen: number,
      mlenHigh: number,
      ad: number,
      adlen: number,
      adlenHigh: number,
      nsec: number,
      npub: number,
      k: number,
    ): number
    _crypto_aead_chacha20poly1305_ietf_decrypt(
      m: number,
      mlen: number,
      nsec: number,
      c: number,
      clen: number,
      clenHigh: number,
      ad: number,
      adlen: number,
      adlenHigh: number,
      npub: number,
      k: number,
    ): number
    _crypto_kdf_hkdf_sha256_extract(
      prk: number,
      salt: number,
      saltLength: number,
      ikm: number,
      ikmLength: number,
    ): number
    _crypto_kdf_hkdf_sha256_expand(
      out: number,
      outLength: number,
      info: number,
      infoLength: number,
      prk: number,
    ): number
  }
  export default function load(options: { getRandomValue(): number }): Promise<Libsodium>
}
