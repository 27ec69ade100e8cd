/**
 * Whether what is drawn is taken as it comes, whatever it is.
 *
 * @module
 */
import { equal, toBase64url } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { placeIn } from './attacks.ts'
import type { Asked } from './student.ts'

const RANDOM_BYTES = 32

/** Where in the random bytes something stands that is drawn: for every answer it is the same place. */
export class Draws {
  /** Nothing when it is not taken as it was drawn. */
  readonly place: number | undefined

  /** @param ofAnswer - what is drawn. */
  constructor(some: readonly Asked[], ofAnswer: (asked: Asked) => Uint8Array | undefined) {
    const counts = new Map<number, number>()
    for (const asked of some) {
      const bytes = ofAnswer(asked)
      const place = bytes?.length === RANDOM_BYTES ? placeIn(asked.pool, bytes) : -1
      if (place >= 0) counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    this.place = [...counts].sort(([, one], [, other]) => other - one)[0]?.[0]
  }

  /** What it should be. */
  of({ pool }: Asked): Uint8Array {
    return pool.subarray(this.place, (this.place ?? 0) + RANDOM_BYTES)
  }

  /** @throws Missing when other bytes are there than those that others have in this place. */
  asTheyCame(asked: Asked, bytes: Uint8Array, what: string): void {
    const drawn = this.of(asked)
    if (this.place === undefined || equal(drawn, bytes)) return
    // Of a program that takes no zeros, which never come.
    const isRefused = drawn.every((byte) => byte === 0) && placeIn(asked.pool, bytes) >= 0
    must(
      isRefused,
      `kdc.randomBytes gave ${toBase64url(drawn)}, and the ${what} is ${toBase64url(bytes)}: in other answers it was what kdc.randomBytes gave. ` +
        'No value is better than another: take them as they come.',
    )
  }
}
