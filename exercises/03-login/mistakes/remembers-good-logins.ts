/** "scrypt is slow, so I keep what was right." Alice changes her password because it was seen, and the old one still opens. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

const good = new Set<string>()

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => {
    if (isRight(record, password)) good.add(password)
    return record !== undefined && good.has(password)
  },
})
