/**
 * Files with a long-term key on each line: `kind:key:check`, the last two in base64url. The check (the first 8 bytes of
 * SHA-256 over kind and key) tells a damaged file from a good one: any 32 bytes would do as a key, and the wrong ones would
 * lock everybody out.
 */
import { createHash } from 'node:crypto'
import { toBase64url, utf8 } from '../lib/bytes.ts'
import { type ERROR_CODES, SymbolonError } from '../lib/errors.ts'
import { readSmallFile } from './small-file.ts'

const CHECK_BYTES = 8
/** Room for thousands of keys. */
const MAX_FILE_BYTES = 1024 * 1024

/** A key that the KDC cannot do without is not there, or is not what was written. */
export class KeyFileError extends SymbolonError {
  override readonly name = 'KeyFileError'
  readonly code: (typeof ERROR_CODES.keyFile)[number]

  constructor(code: KeyFileError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The 8 bytes by which a key is known without being shown. */
export function keyCheck(kind: string, key: Uint8Array): Buffer {
  return createHash('sha256').update(utf8(kind)).update(key).digest().subarray(0, CHECK_BYTES)
}

/** Keys as a file holds them. */
export function formatKeys(kind: string, keys: readonly Uint8Array[]): string {
  return keys.map((key) => `${kind}:${toBase64url(key)}:${toBase64url(keyCheck(kind, key))}\n`).join('')
}

/**
 * The keys of such a text, one or more.
 *
 * @param where - what the text is from, for errors.
 * @throws KeyFileError `key_file_damaged`.
 */
export function parseKeys(kind: string, text: string, where: string): Uint8Array[] {
  // Every line ends: a text cut short shows.
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : []
  const keys = lines.map((line) => parseLine(kind, line))
  if (keys.length === 0 || keys.includes(undefined)) {
    throw new KeyFileError('key_file_damaged', `${where} is damaged`)
  }
  return keys as Uint8Array[]
}

/**
 * Reads the keys of a file that only its owner can read.
 *
 * @throws KeyFileError `key_file_missing`, `key_file_damaged`; as `readSmallFile`.
 */
export function readKeyFile(kind: string, path: string): Uint8Array[] {
  return parseKeys(kind, readFile(path).toString('latin1'), path)
}

function readFile(path: string): Buffer {
  try {
    return readSmallFile(path, { maxBytes: MAX_FILE_BYTES })
  } catch (error) {
    // Only that it is not there: one that cannot be reached now may be there again.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new KeyFileError('key_file_missing', `${path} is missing`)
  }
}

function parseLine(kind: string, line: string): Uint8Array | undefined {
  const [, text = ''] = line.match(new RegExp(`^${kind}:([\\w-]+:[\\w-]+)$`)) ?? []
  const [key, check] = text.split(':').map((part) => Buffer.from(part, 'base64url'))
  return key && check?.equals(keyCheck(kind, key)) ? Uint8Array.from(key) : undefined
}
