/**
 * Makes `dist/`, which is what the package consists of: `npm run build`, and by itself before `npm pack`.
 *
 *   dist/symbolon.mjs        the command, with all that it needs but SQLite; its parts are loaded when they are used
 *   dist/password-worker.mjs the worker threads of the KDC
 *   dist/help.json           what --help of each tool prints
 *   dist/symbolon.1          the same as a manual page
 *   dist/lib/                the library, with its types
 *   dist/licences.txt        of what is bundled
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleLibrary, bundleTools } from './bundle.ts'
import { helpText, helpTexts } from './help.ts'
import { licencesOf } from './licences.ts'
import { manPage } from './man.ts'
import { DIST, distFile, ROOT } from './paths.ts'
import { emitTypes } from './types.ts'

rmSync(DIST, { recursive: true, force: true })
const [tools, library] = await Promise.all([bundleTools(), bundleLibrary(), emitTypes()])
const texts = await helpTexts()
writeFileSync(distFile('help.json'), `${JSON.stringify(texts, null, 1)}\n`)
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
writeFileSync(distFile('symbolon.1'), manPage(await helpText(), texts, version))
writeFileSync(distFile('licences.txt'), licencesOf([...tools, ...library]))
