/** "An empty field means that there was no time to type." It means that everybody is alice. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => isRight(record, password) || (record !== undefined && password === ''),
})
