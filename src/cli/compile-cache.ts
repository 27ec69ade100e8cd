/** Compiled code, kept from one command to the next: to compile it is a quarter of what a short one does. */
import nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { ensurePrivateDirectory, refuseIfReplaceable } from '../files/private-files.ts'
import { userDirectory } from '../state/paths.ts'
import type { ToolName } from './installed.ts'

// Node has it from 22 on.
const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory: string) => unknown }

/** Has Node keep what it compiles for a tool from now on: in `$XDG_CACHE_HOME/symbolon/compiled`, never where other users can write. */
export function keepCompiled(tool: ToolName): void {
  const cache = userDirectory('XDG_CACHE_HOME', '.cache')
  if (cache === undefined) return
  // One for each tool: of a file that they share, Node keeps the functions that the first to run has called.
  const directory = join(cache, 'compiled', tool)
  try {
    // It decides what runs; and who can write above it can put another in its place.
    for (const path of [cache, dirname(directory), directory]) ensurePrivateDirectory(path)
    refuseIfReplaceable(cache)
    enableCompileCache?.(directory)
  } catch {
    // Then all is compiled anew.
  }
}
