/** "Nobody means a space at the end." Whoever does, has it in the password. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => isRight(record, password.trim()),
})
