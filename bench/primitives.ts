/**
 * What the cryptography costs by itself, one call at a time in one process: that of Node, beside noble, which a browser gets. It is what
 * the other figures cannot go below.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { noble } from '../src/lib/crypto/primitives/noble.ts'
import { node } from '../src/lib/crypto/primitives/node.ts'
import type { Primitives } from '../src/lib/crypto/primitives/types.ts'
import { compare, interleave, runBenchmark } from './harness.ts'

const ROUNDS = 7
/** A case is repeated for so long in a round. */
const CASE_MS = 40

const KEY = randomBytes(32)
const NONCE = new Uint8Array(12)
const NOTHING = new Uint8Array(0)
const PEER = node.x25519().publicKey

/** What is done once, by name. */
function cases(primitives: Primitives): Record<string, () => unknown> {
  const sizes = [32, 256, 1024, 16 * 1024, 64 * 1024 - 256]
  const ciphers = sizes.flatMap((size) => {
    const plaintext = randomBytes(size)
    const sealed = primitives.seal({ bytes: KEY }, NONCE, NOTHING, plaintext)
    const bytes = `${size.toLocaleString('en')} bytes`
    return [
      [`seal ${bytes}`, () => primitives.seal({ bytes: KEY }, NONCE, NOTHING, plaintext)],
      [`open ${bytes}`, () => primitives.open({ bytes: KEY }, NONCE, NOTHING, sealed)],
    ] as const
  })
  const pair = primitives.x25519()
  return {
    ...Object.fromEntries(ciphers),
    'X25519, key pair': () => primitives.x25519(),
    'X25519, shared secret': () => pair.agree(PEER),
    'HKDF-SHA256, 32 bytes': () => primitives.hkdf(KEY, KEY, NONCE, 32),
  }
}

await runBenchmark('primitives', async () => {
  const [ours, theirs] = [cases(node), cases(noble)]
  const timed = (work: () => unknown) => async () => repeated(work)
  const measured: Record<string, number[]> = await interleave(ROUNDS, {
    ...Object.fromEntries(Object.entries(ours).map(([name, work]) => [`node ${name}`, timed(work)])),
    ...Object.fromEntries(Object.entries(theirs).map(([name, work]) => [`noble ${name}`, timed(work)])),
  })
  const rows = Object.keys(ours).map((what) =>
    compare({
      what,
      group: 'primitives',
      unit: 'us',
      better: 'lower',
      against: 'noble',
      ours: measured[`node ${what}`] ?? [],
      theirs: measured[`noble ${what}`] ?? [],
    }),
  )
  return { rows }
})

/** @returns microseconds of processor time for one. */
function repeated(work: () => unknown): number {
  const until = performance.now() + CASE_MS
  const before = process.cpuUsage()
  let count = 0
  for (; performance.now() < until; count++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
