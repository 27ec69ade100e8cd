/**
 * The keys of the KDCs that were logged in to from here, in the manner of SSH's known_hosts:
 *
 *   $XDG_CONFIG_HOME/symbolon/known_kdcs   one line each: http://127.0.0.1:8800 2izFjI8E…
 *
 * A third word, `demo`, marks a KDC that was there for a demonstration: another may take its place.
 */
import { join } from 'node:path'
import { fromBase64url } from '../../lib/bytes.ts'
import { ProtocolError } from '../../lib/errors.ts'
import type { JudgeKey } from '../../lib/renewable-login.ts'
import { ToolError, UsageError } from '../errors.ts'
import { configDir } from '../paths.ts'
import { readPrivateTextIfAny, replacePrivateText } from './secret-file.ts'

const KEY_BYTES = 32
const LINE = /^(https?:\/\/\S+) ([\w-]{43})( demo)?$/

export interface KnownKdc {
  /** 32 bytes in base64url. */
  readonly key: string
  readonly demo: boolean
}

export const knownKdcsPath = (): string => join(configDir(), 'known_kdcs')

export function readKnownKdcs(): Map<string, KnownKdc> {
  const path = knownKdcsPath()
  const hint = 'mend it, or remove it'
  const lines = (readPrivateTextIfAny(path, hint) ?? '').split(/\r?\n/).filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line, i) => {
      const [, url, key, demo] = LINE.exec(line) ?? []
      if (!url || !key) throw new ToolError(`${path}: line ${i + 1} is not a URL and a key`, { hint })
      return [url, { key, demo: demo !== undefined }]
    }),
  )
}

/** Changes the file in one step; one that would be empty is removed. */
export function updateKnownKdcs(change: (kdcs: Map<string, KnownKdc>) => unknown): void {
  const kdcs = readKnownKdcs()
  change(kdcs)
  const lines = [...kdcs].map(([url, { key, demo }]) => `${url} ${key}${demo ? ' demo' : ''}\n`)
  replacePrivateText(knownKdcsPath(), lines.join(''))
}

/** What judges a KDC's key: the one given with `--kdc-key`, else the one known, else it is remembered, and `onNew` told. */
export function keyJudge(kdc: string, given: string | undefined, onNew: (key: string) => void): JudgeKey {
  if (given !== undefined) requireKey(given)
  return (key, proven) => {
    const known = given ?? readKnownKdcs().get(kdc)?.key
    if (known === key) return
    if (known !== undefined) {
      const why = `the KDC at ${kdc} has the key ${key}, where ${known} was expected`
      throw new ProtocolError('kdc_key_changed', why)
    }
    if (!proven) return
    updateKnownKdcs((kdcs) => kdcs.set(kdc, { key, demo: false }))
    onNew(key)
  }
}

function requireKey(text: string): void {
  try {
    fromBase64url(text, { length: KEY_BYTES })
  } catch {
    throw new UsageError('--kdc-key: expected 32 bytes in base64url', 'the KDC prints its key when it starts')
  }
}
