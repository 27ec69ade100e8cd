/** "A hash makes the key better." It makes another key, and bob has the first. */
import { createHash } from 'node:crypto'
import { Secret } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = "bob's program opens the box with the same key"

const hashed = (key: Secret) =>
  new Secret('channel secret', createHash('sha256').update(key.reveal()).digest())

export const makeBox: MakeBox = (text, label, key, randomBytes) =>
  right.makeBox(text, label, hashed(key), randomBytes)
export const openBox: OpenBox = (box, label, key) => right.openBox(box, label, hashed(key))
