/**
 * Who the KDC is: its OPAQUE key pair and seed, `opaque-setup.key` in its data directory. Made at the first start, never
 * changed again: every registration record depends on it.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as opaque from '@serenity-kit/opaque'
import { formatKeys, KeyFileError, readKeyFile } from '../../files/key-file.ts'
import { createPrivateFile } from '../../files/private-files.ts'
import { fromBase64url, toBase64url } from '../../lib/bytes.ts'

const KIND = 'opaque-setup'
export const OPAQUE_KEYS_FILE = `${KIND}.key`

/** The KDC's part of every registration and login; printing it shows nothing. */
export class OpaqueKeys {
  readonly #setup: string

  constructor(setup: string) {
    this.#setup = setup
  }

  /** The server's key pair and OPRF seed (RFC 9807 §5 and §6), as `@serenity-kit/opaque` takes it: base64url. */
  get setup(): string {
    return this.#setup
  }

  /** Who this KDC is: the public half of its key pair, 32 bytes in base64url. */
  async publicKey(): Promise<string> {
    await opaque.ready
    return opaque.server.getPublicKey(this.#setup)
  }
}

export async function generateOpaqueKeys(): Promise<OpaqueKeys> {
  await opaque.ready
  return new OpaqueKeys(opaque.server.createSetup())
}

/**
 * Reads the keys from a data directory.
 *
 * @param options.create - whether to make them if they are missing: only where nothing can depend on them yet. Several
 *   processes may do so at once and get the same keys.
 * @throws KeyFileError `key_file_missing`, `key_file_damaged`; FileError when they can be read by others.
 */
export async function loadOpaqueKeys(directory: string, options: { create: boolean }): Promise<OpaqueKeys> {
  const path = join(directory, OPAQUE_KEYS_FILE)
  if (!existsSync(path)) {
    if (!options.create) {
      throw new KeyFileError(
        'key_file_missing',
        `${path} is missing, and the accounts beside it depend on it`,
      )
    }
    const { setup } = await generateOpaqueKeys()
    createPrivateFile(path, formatKeys(KIND, [fromBase64url(setup)]))
  }
  const [setup, ...more] = readKeyFile(KIND, path)
  if (!setup || more.length > 0) throw new KeyFileError('key_file_damaged', `${path} is damaged`)
  return new OpaqueKeys(toBase64url(setup))
}
