/**
 * Fields that several of the protocol's JSON objects have.
 *
 * @module
 */
import * as v from 'valibot'

/** A time in whole Unix seconds. */
export const unixSeconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A TCP port that somebody can connect to. */
export const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))
