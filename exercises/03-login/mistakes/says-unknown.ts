/** "A good answer says what is wrong." It also says which names are worth a try. */
import type { LoginReply } from '../given.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  refuse: (record) =>
    record
      ? { status: 401, code: 'login_refused' }
      : ({ status: 401, code: 'account_unknown' } as unknown as LoginReply),
})
