/** "Without a record there is nothing to compute." And the answer comes at once: that is an answer too. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'an unknown name costs as much as a wrong password'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => record !== undefined && isRight(record, password),
})
