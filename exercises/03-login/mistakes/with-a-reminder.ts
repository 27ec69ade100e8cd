/** "For the case that alice forgets it." The thief does not forget it either. */
import * as right from '../solution/login.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is what scrypt makes of the password, and shows nothing of it'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => ({
    ...right.makeRecord(password, randomBytes),
    reminder: password,
  }),
})
