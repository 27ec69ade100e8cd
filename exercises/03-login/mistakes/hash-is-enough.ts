/** "The hash is as good as the password." Then a stolen table is a table of passwords. */
import { isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => isRight(record, password) || password === record?.hash,
})
