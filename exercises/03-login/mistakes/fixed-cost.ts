/** "The cost is a constant of the program." Until it is raised; then no old password opens any more. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is read with its own cost, and a password in any spelling of its letters'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => isRight(record && { ...record, N: 2 ** 14, r: 8, p: 1 }, password),
})
