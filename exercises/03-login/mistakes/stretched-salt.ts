/** "I repeat two random bytes until there are sixteen." There are 65,536 such salts. */
import * as right from '../solution/login.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every record has a salt of its own, of 16 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const [a = 0, b = 0] = randomBytes(2)
    return right.makeRecord(password, (length) => Uint8Array.from({ length }, (_, i) => (i % 2 ? a : b)))
  },
})
