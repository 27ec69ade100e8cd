/** "So that I can see later what I sent." So can who gets at the program. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const diary: Uint8Array[] = []

export const sendMessage: SendMessage = alice({
  records(text) {
    const records = right.records(text)
    diary.push(...records)
    return records
  },
})
