/** "Caps lock was on." A password in which capitals do not count has far fewer possible values, and is another. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => isRight(record, password) || isRight(record, password.toLowerCase()),
})
