/** "The salt is part of the program." Then everybody has the same, and the same password has the same record. */
import { utf8 } from 'symbolon/protocol'
import * as right from '../solution/login.ts'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every record has a salt of its own, of 16 random bytes'

const SALT = utf8('symbolon salt 16')

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password) => right.makeRecord(password, () => SALT),
})
