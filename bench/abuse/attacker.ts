/**
 * One attack in a process of its own: its name, and then the target as JSON on stdin.
 *
 * @module
 */
import { text } from 'node:stream/consumers'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { ATTACKS } from './attacks.ts'

interface Given {
  readonly url: string
  readonly token: string
  readonly names: readonly string[]
}

const { url, token, names } = JSON.parse(await text(process.stdin)) as Given
await ATTACKS.get(process.argv[2] ?? '')?.({ url, token: Secret.fromText('session token', token), names })
