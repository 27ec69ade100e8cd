/** When a direction of a channel gets another key (Noise §11.3). */
import type { CipherState } from '../noise.ts'

/** After so many transport messages of one direction its key is replaced, far below any limit of the cipher. */
export const REKEY_INTERVAL = 2 ** 16

/** To be called after each transport message, by the side that sealed it and by the side that opened it. */
export function rekeyIfDue(cipher: CipherState): void {
  if (cipher.n % REKEY_INTERVAL === 0) cipher.rekey()
}
