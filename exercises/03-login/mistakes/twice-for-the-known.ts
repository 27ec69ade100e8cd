/** "To be sure, I compare twice." For names that exist it takes twice as long. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'an unknown name costs as much as a wrong password'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) =>
    isRight(record, password) || (record !== undefined && isRight(record, password)),
})
