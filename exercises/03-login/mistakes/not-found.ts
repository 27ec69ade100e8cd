/** "What does not exist is 404." The code is the same, the status tells. */
import type { LoginReply } from '../given.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  refuse: (record) => ({ status: record ? 401 : 404, code: 'login_refused' }) as unknown as LoginReply,
})
