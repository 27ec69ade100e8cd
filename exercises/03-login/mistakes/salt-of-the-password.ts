/** "Another password, another salt." And the same password, the same salt: nothing is gained. */
import { createHash } from 'node:crypto'
import * as right from '../solution/login.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every record has a salt of its own, of 16 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password) =>
    right.makeRecord(password, (length) =>
      createHash('sha256').update(`salt of ${password}`).digest().subarray(0, length),
    ),
})
