/** "A salt is no secret, so Math.random will do." It need not be secret, but never twice the same; Math.random promises nothing. */
import * as right from '../solution/login.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every record has a salt of its own, of 16 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password) =>
    right.makeRecord(password, (length) =>
      Uint8Array.from({ length }, () => Math.floor(Math.random() * 256)),
    ),
})
