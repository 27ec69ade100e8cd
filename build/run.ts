/**
 * Makes `dist/`, which is what the package consists of: `npm run build`, and by itself before `npm pack`.
 *
 *   dist/symbolon.mjs        the command, with all that it needs but SQLite; its parts are loaded when they are used
 *   dist/password-worker.mjs the worker threads of the KDC
 *   dist/help.json           what --help of each tool prints
 *   dist/lib/                the library, with its types
 *   dist/licences.txt        of what is bundled
 */
import { rmSync, writeFileSync } from 'node:fs'
import { bundleLibrary, bundleTools } from './bundle.ts'
import { helpTexts } from './help.ts'
import { licencesOf } from './licences.ts'
import { DIST, distFile } from './paths.ts'
import { emitTypes } from './types.ts'

rmSync(DIST, { recursive: true, force: true })
const [tools, library] = await Promise.all([bundleTools(), bundleLibrary(), emitTypes()])
writeFileSync(distFile('help.json'), `${JSON.stringify(await helpTexts(), null, 1)}\n`)
writeFileSync(distFile('licences.txt'), licencesOf([...tools, ...library]))
