/** The process of one test file: `tsx test/runner/child.ts FILE`, with a channel to the runner. */
import * as nodeModule from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as hooks from './hooks.mjs'
import { report } from './report.ts'

const file = resolve(process.argv[2] ?? '')
// As if the file had been started by itself.
process.argv.splice(1, 2, file)

// Node 22 and later resolve imports in this thread; `register` is deprecated there.
const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => void }
if (registerHooks) registerHooks({ resolve: hooks.resolve })
else nodeModule.register('./hooks.mjs', import.meta.url)

await import(pathToFileURL(file).href)
// An `await` at the top of the file that never settles does not come so far; the exit status need not tell.
report({ type: 'loaded' })
