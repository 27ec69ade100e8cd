/** Fields that several of the protocol's JSON objects have. */
import * as v from 'valibot'
import { fromBase64url } from './bytes.ts'

/** A time in whole Unix seconds. */
export const unixSeconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/**
 * Bytes in canonical base64url.
 *
 * @param name - what they are, for the error.
 * @param length - how many they must be, when that is fixed.
 */
export const base64url = (name: string, length?: number) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return fromBase64url(dataset.value, length === undefined ? { name } : { name, length })
      } catch {
        addIssue({ message: `${name}: not base64url` })
        return NEVER
      }
    }),
  )

/** A TCP port that a sender can connect to. */
export const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))

/** For how long a receiver may be reached without a word of it, in seconds: docs/protocol.md §3.3. */
export const LEASE_SEC = { least: 15, most: 3600 } as const
export const lease = v.pipe(v.number(), v.integer(), v.minValue(LEASE_SEC.least), v.maxValue(LEASE_SEC.most))

/** What is said of a file or a directory beside its content: docs/protocol.md §7.7 and §8.1. */
export const attributes = { executable: v.optional(v.boolean()), modified_at: v.optional(unixSeconds) }
