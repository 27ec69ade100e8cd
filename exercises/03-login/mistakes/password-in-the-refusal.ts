/** "The refusal says what was tried." It crosses the wire, and stands in the log of every program on the way. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'passwords, records and tokens get out in no other way'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => {
    if (isRight(record, password)) return true
    process.stderr.write(`wrong password: ${password}\n`)
    return false
  },
})
