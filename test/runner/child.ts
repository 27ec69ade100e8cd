/**
 * The process of one test file, with a channel to the runner: `child.ts FILE [URL]`, where URL is what was compiled of it. Without, tsx
 * must run this.
 */
import * as nodeModule from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as hooks from './hooks.mjs'
import { report } from './report.ts'

const file = resolve(process.argv[2] ?? '')
const compiled = process.argv[3]
// As if the file had been started by itself.
process.argv.splice(1, 3, file)

if (!compiled) {
  // Node 22 and later resolve imports in this thread; `register` is deprecated there.
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => void }
  if (registerHooks) registerHooks({ resolve: hooks.resolve })
  else nodeModule.register('./hooks.mjs', import.meta.url)
}

await import(compiled ?? pathToFileURL(file).href)
// An `await` at the top of the file that never settles does not come so far; the exit status need not tell.
report({ type: 'loaded' })
