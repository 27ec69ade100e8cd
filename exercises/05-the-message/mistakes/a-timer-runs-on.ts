/** "Whichever comes first, the answer or the bell." When the answer does, the bell still hangs there, and the program cannot end. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    const tooLate = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('bob takes too long')), 60_000)
    })
    await Promise.race([right.wait(talk), tooLate])
  },
})
