/** "Without a record nothing works, so it throws." And the difference is seen outside. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => {
    if (!record) throw new Error('no such account')
    return isRight(record, password)
  },
})
