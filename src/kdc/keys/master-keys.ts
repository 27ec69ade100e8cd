/**
 * The keys under which the KDC seals what is good for a while: session tokens, invitations, logins under way. They are kept
 * apart from the data directory, so that a thief of that can do nothing with them; losing them ends the
 * sessions, and no more.
 *
 * One key seals; the others, older, only open. Each is known by a number, the first four bytes of its check.
 */
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { formatKeys, KeyFileError, keyCheck, parseKeys, readKeyFile } from '../../files/key-file.ts'
import { createPrivateFile, ensurePrivateDirectory, replacePrivateFile } from '../../files/private-files.ts'
import { type RandomBytes, secureRandomBytes } from '../../lib/crypto/random.ts'
import { KEY_BYTES } from '../../lib/crypto/secret.ts'

const KIND = 'master'

export interface MasterKey {
  /** A `u32`. */
  readonly number: number
  readonly bytes: Uint8Array
}

/** The keys; printing them shows none. */
export class MasterKeys {
  readonly #keys: readonly MasterKey[]

  /** @param keys - one or more of 32 bytes each; the first seals. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.length === 0 || keys.some(({ length }) => length !== KEY_BYTES)) {
      throw new RangeError(`master keys: expected one or more of ${KEY_BYTES} bytes`)
    }
    this.#keys = keys.map((bytes) => ({ number: keyCheck(KIND, bytes).readUInt32BE(), bytes }))
  }

  get current(): MasterKey {
    return this.#keys[0] as MasterKey
  }

  find(number: number): MasterKey | undefined {
    return this.#keys.find((key) => key.number === number)
  }

  /** The numbers, that of the one that seals first. */
  get numbers(): number[] {
    return this.#keys.map(({ number }) => number)
  }

  /** With a fresh key that seals from now on; of the older ones only those that `keep` names. */
  rotated(keep: ReadonlySet<number>, randomBytes: RandomBytes = secureRandomBytes): MasterKeys {
    const kept = this.#keys.filter(({ number }) => keep.has(number)).map(({ bytes }) => bytes)
    return new MasterKeys([randomBytes(KEY_BYTES), ...kept])
  }

  toText(): string {
    const keys = this.#keys.map(({ bytes }) => bytes)
    return formatKeys(KIND, keys)
  }
}

export function generateMasterKeys(randomBytes: RandomBytes = secureRandomBytes): MasterKeys {
  return new MasterKeys([randomBytes(KEY_BYTES)])
}

/**
 * Takes the keys from the text of their file.
 *
 * @param where - what the text is from, for errors.
 * @throws KeyFileError `key_file_damaged`.
 */
export function parseMasterKeys(text: string, where: string): MasterKeys {
  return ofLength(parseKeys(KIND, text, where), where)
}

/**
 * Reads the keys from their file, making it with one fresh key if there is none. Several processes may do so at once and get
 * the same key.
 *
 * @throws KeyFileError `key_file_damaged`; FileError when it can be read by others.
 */
export function loadMasterKeys(path: string): MasterKeys {
  if (!existsSync(path)) {
    ensurePrivateDirectory(dirname(path))
    createPrivateFile(path, generateMasterKeys().toText())
  }
  return ofLength(readKeyFile(KIND, path), path)
}

/** Whether a file is, or would be, in a directory, whatever links lead to either: who takes the directory has it too. */
export function isWithin(directory: string, file: string): boolean {
  const way = relative(realPath(resolve(directory)), realPath(resolve(file)))
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

// Of what is there; the rest is yet to be made.
function realPath(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path)
  return join(realPath(dirname(path)), basename(path))
}

/** Writes the keys to their file in place of those that are there. */
export function saveMasterKeys(path: string, keys: MasterKeys): void {
  replacePrivateFile(path, keys.toText())
}

function ofLength(keys: readonly Uint8Array[], where: string): MasterKeys {
  if (keys.every(({ length }) => length === KEY_BYTES)) return new MasterKeys(keys)
  throw new KeyFileError('key_file_damaged', `${where} is damaged`)
}
