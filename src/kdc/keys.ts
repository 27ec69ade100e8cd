/**
 * The KDC's long-term keys, two files in its data directory: made at the first start, never changed by it again.
 *
 * A file is one line, `kind:key:check`, the last two in base64url. The check (the first 8 bytes of SHA-256 over kind and
 * key) tells a damaged file from a good one: any 32 bytes would do as a key, and the wrong ones would lock everybody out.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as opaque from '@serenity-kit/opaque'
import { createPrivateFile, refuseIfShared } from '../files/private-files.ts'
import { fromBase64url, toBase64url, utf8 } from '../lib/bytes.ts'
import { SymbolonError } from '../lib/errors.ts'
import { type RandomBytes, secureRandomBytes } from '../lib/random.ts'
import { KEY_BYTES } from '../lib/secret.ts'

const CHECK_BYTES = 8

export const KEY_FILE_CODES = ['key_file_missing', 'key_file_damaged'] as const

/** A key that the KDC cannot do without is not there, or is not what was written. */
export class KeyFileError extends SymbolonError {
  override readonly name = 'KeyFileError'
  readonly code: (typeof KEY_FILE_CODES)[number]

  constructor(code: KeyFileError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The keys; printing them shows none. */
export class KdcKeys {
  readonly #opaqueSetup: string
  readonly #masterKey: Uint8Array

  constructor(opaqueSetup: string, masterKey: Uint8Array) {
    this.#opaqueSetup = opaqueSetup
    this.#masterKey = masterKey
  }

  /** The server's OPAQUE key pair and seed (RFC 9807 §6), base64url. Every registration record depends on it. */
  get opaqueSetup(): string {
    return this.#opaqueSetup
  }

  /** Who this KDC is: the public half of its OPAQUE key pair, 32 bytes in base64url. */
  async publicKey(): Promise<string> {
    await opaque.ready
    return opaque.server.getPublicKey(this.#opaqueSetup)
  }

  /** 32 bytes, under which session tokens are stored. */
  get masterKey(): Uint8Array {
    return this.#masterKey
  }
}

/** Fresh keys. */
export async function generateKeys(randomBytes: RandomBytes = secureRandomBytes): Promise<KdcKeys> {
  await opaque.ready
  return new KdcKeys(opaque.server.createSetup(), randomBytes(KEY_BYTES))
}

/**
 * Reads the keys from a data directory.
 *
 * @param options.create - whether to make those that are missing: only where nothing can depend on them yet. Several
 *   processes may do so at once and get the same keys.
 * @throws KeyFileError `key_file_missing`, `key_file_damaged`; FileError when one can be read by others.
 */
export async function loadKeys(directory: string, options: { create: boolean }): Promise<KdcKeys> {
  const setupFile = join(directory, 'opaque-setup.key')
  const masterFile = join(directory, 'master.key')
  if (options.create && !(existsSync(setupFile) && existsSync(masterFile))) {
    const fresh = await generateKeys()
    writeKeyFile(setupFile, 'opaque-setup', fromBase64url(fresh.opaqueSetup))
    writeKeyFile(masterFile, 'master', fresh.masterKey)
  }
  const setup = toBase64url(readKeyFile(setupFile, 'opaque-setup'))
  return new KdcKeys(setup, readKeyFile(masterFile, 'master'))
}

const checkOf = (kind: string, key: Uint8Array) =>
  createHash('sha256').update(utf8(kind)).update(key).digest().subarray(0, CHECK_BYTES)

function writeKeyFile(path: string, kind: string, key: Uint8Array): void {
  createPrivateFile(path, `${kind}:${toBase64url(key)}:${toBase64url(checkOf(kind, key))}\n`)
}

function readKeyFile(path: string, kind: string): Uint8Array {
  if (!existsSync(path)) {
    throw new KeyFileError('key_file_missing', `${path} is missing, and the accounts beside it depend on it`)
  }
  refuseIfShared(path)
  const [, text = ''] = readFileSync(path, 'latin1').match(new RegExp(`^${kind}:([\\w-]+:[\\w-]+)\n$`)) ?? []
  const [key, check] = text.split(':').map((part) => Buffer.from(part, 'base64url'))
  if (!key || !check?.equals(checkOf(kind, key))) {
    throw new KeyFileError('key_file_damaged', `${path} is damaged`)
  }
  return Uint8Array.from(key)
}
