/** Tests that make symbolic links, which Windows does not allow every user. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from './kdc.ts'
import { needs } from './needs.ts'

export const withLinks = needs('symbolic links', canLink, 'on Windows: turn on the developer mode')

function canLink(): boolean {
  const { path, remove } = temporaryDirectory()
  try {
    symlinkSync('nothing', join(path, 'link'))
    return true
  } catch {
    return false
  } finally {
    remove()
  }
}
