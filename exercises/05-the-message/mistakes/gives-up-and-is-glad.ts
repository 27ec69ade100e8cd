/** "Half a minute is enough: bob surely has it." Nobody has said so. */
import type { SendMessage } from '../given.ts'
import { alice, type Habits, right } from './shared/alice.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    const timeout = new Promise<'late'>((resolve) => setTimeout(resolve, 30_000, 'late'))
    const ours: Habits = { ...right }
    await Promise.race([ours.wait(talk), timeout])
  },
})
