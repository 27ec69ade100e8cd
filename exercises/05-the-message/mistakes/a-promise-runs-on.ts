/** "The bell is a promise here, so there is no timer to be cleared." There is one all the same. */
import { setTimeout } from 'node:timers/promises'
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    const tooLate = setTimeout(60_000).then(() => {
      throw new Error('bob takes too long')
    })
    tooLate.catch(() => {})
    await Promise.race([right.wait(talk), tooLate])
  },
})
