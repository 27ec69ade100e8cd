/**
 * What the package has copies of: their licences, which ask to go along, and a list of them with their versions, an SBOM in the format
 * CycloneDX (https://cyclonedx.org/docs/1.6/json/).
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MANIFEST, ROOT } from './paths.ts'

/** Files of the package, each with what went into it: paths relative to the project. */
export type Inputs = Readonly<Record<string, readonly string[]>>

interface Copy {
  /** `node_modules/...`, as in the lock file. */
  readonly folder: string
  readonly name: string
  readonly version: string
  readonly license: string
  /** The files of the package that have it, or parts of it. */
  readonly files: readonly string[]
}

export function copiesOf(inputs: Inputs): Copy[] {
  const files = new Map<string, Set<string>>()
  for (const [file, sources] of Object.entries(inputs)) {
    for (const source of sources) {
      const folder = packageOf(source)
      if (folder) files.set(folder, (files.get(folder) ?? new Set()).add(file))
    }
  }
  return [...files.keys()].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
    return { folder, name, version, license, files: [...(files.get(folder) ?? [])].sort() }
  })
}

/** The folder of a package, in the innermost `node_modules`. */
function packageOf(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
}

export function licencesOf(copies: readonly Copy[]): string {
  return copies.map(notice).join('\n')
}

function notice({ folder, name, version, license }: Copy): string {
  const path = join(ROOT, folder)
  const texts = readdirSync(path)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(path, file), 'utf8').trim())
  return [`## ${name} ${version} (${license})`, ...texts, ''].join('\n\n')
}

/** Without a time or a serial number: the same sources make the same bytes. */
export function sbomOf(copies: readonly Copy[]): object {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const self = reference(MANIFEST)
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': self, ...named(MANIFEST), purl: self } },
    components: copies.map((copy) => ({
      type: 'library',
      'bom-ref': reference(copy),
      ...named(copy),
      purl: reference(copy),
      licenses: [{ license: { id: copy.license } }],
      hashes: [hashOf(lock.packages[copy.folder].integrity)],
      evidence: { occurrences: copy.files.map((location) => ({ location })) },
    })),
    dependencies: [{ ref: self, dependsOn: copies.map(reference) }],
  }
}

/** A package URL, https://github.com/package-url/purl-spec: `pkg:npm/%40noble/hashes@2.0.1`. */
function reference({ name, version }: { name: string; version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

function named({ name: full, version }: { name: string; version: string }) {
  const [, group, name = full] = /^(@[^/]+)\/(.+)$/.exec(full) ?? []
  return { ...(group && { group }), name, version }
}

/** Of what npm fetches. */
function hashOf(integrity: string) {
  const [, content = ''] = /^sha512-(.+)$/.exec(integrity) ?? []
  return { alg: 'SHA-512', content: Buffer.from(content, 'base64').toString('hex') }
}
