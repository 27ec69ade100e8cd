/**
 * Waits for files to be saved.
 *
 * @module
 */
import { watch } from 'node:fs'

/** An editor may write a file in several steps. */
const SETTLE_MS = 50

/** Calls `saved` now, and again whenever a file of TypeScript in the folder has changed; never twice at once. */
export async function onSave(folder: string, saved: () => Promise<void>): Promise<never> {
  let isChanged = false
  let wake: (() => void) | undefined
  const change = () => {
    isChanged = true
    wake?.()
  }
  watch(folder, (_event, name) => {
    if (name === null || name.endsWith('.ts')) setTimeout(change, SETTLE_MS)
  })
  for (;;) {
    isChanged = false
    await saved()
    if (!isChanged) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}
