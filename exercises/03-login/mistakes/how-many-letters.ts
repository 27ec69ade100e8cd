/** "I say how close it was, so that alice finds her slip." Others find it too. */
import type { LoginReply } from '../given.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  refuse: (record) => ({ status: 401, code: 'login_refused', hint: record?.hash.length ?? 0 }) as LoginReply,
})
