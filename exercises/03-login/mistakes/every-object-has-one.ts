/** "accounts[username] is undefined when there is none." `constructor` is in every object, and has no salt. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  find: (accounts, username) => accounts[username],
})
