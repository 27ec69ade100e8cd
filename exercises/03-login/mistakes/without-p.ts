/** "p is always 1." In the records of today. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is read with its own cost, and a password in any spelling of its letters'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => isRight(record && { ...record, p: 1 }, password),
})
