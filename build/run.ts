/**
 * Makes the package, in `dist/`, from where `npm pack ./dist` takes it: `npm run build`, and `npm run pack` for both.
 *
 *   bin/symbolon.mjs         the command, with all that it needs but SQLite; its parts are loaded when they are used
 *   bin/password-worker.mjs  the worker threads of the KDC
 *   bin/help.json            what --help of each tool prints
 *   symbolon.1               the same as a manual page
 *   lib/ kdc/ ...            the library, file by file as in src/, with its types
 *   node_modules/            SQLite, for a Node without it
 *   sbom.cdx.json            what it has copies of, with versions; licences.txt has their licences
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { bundleTools } from './bundle.ts'
import { copiesOf, licencesOf, sbomOf } from './copies.ts'
import { helpText, helpTexts } from './help.ts'
import { emitLibrary } from './library.ts'
import { manPage } from './man.ts'
import { copySqlite, writeDocuments, writeManifest } from './package.ts'
import { DIST, distFile, isOurs, MANIFEST } from './paths.ts'

if (!isOurs()) throw new Error(`${DIST} has something else in it`)
rmSync(DIST, { recursive: true, force: true })
mkdirSync(DIST, { recursive: true })
writeManifest()
writeDocuments()
const sqlite = copySqlite()
const bundles = await bundleTools()
emitLibrary()
const texts = await helpTexts()
writeFileSync(distFile('bin', 'help.json'), `${JSON.stringify(texts, null, 1)}\n`)
writeFileSync(distFile('symbolon.1'), manPage(await helpText(), texts, MANIFEST.version))
const copies = copiesOf({ ...bundles, ...Object.fromEntries(sqlite.map((folder) => [folder, [folder]])) })
writeFileSync(distFile('licences.txt'), licencesOf(copies))
writeFileSync(distFile('sbom.cdx.json'), `${JSON.stringify(sbomOf(copies), null, 1)}\n`)
