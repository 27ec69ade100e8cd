/**
 * The order in which things happen to groups: one sequence for the whole KDC.
 *
 * Every transaction that changes something of a group, an identity or a key package begins by taking the next position.
 * The row is one for all, so that these transactions come one after the other on every database: each sees what those
 * before it did, and a position is never seen before a lower one. Positions of changes that were refused are left out.
 *
 * @module
 */
import { type Database, type Statement, sql } from '../../database/database.ts'

/** The first statement of each such transaction; `(select position from positions)` is its position from then on. */
export const NEXT_POSITION: Statement = sql`update positions set position = position + 1`

/** Makes others wait until this transaction has ended, and takes no position. */
export const SAME_POSITION: Statement = sql`update positions set position = position`

/**
 * For a copy that may take the database's place one day: its positions are far beyond those which the database gives in the
 * meantime, so that a client that has read so far finds what comes afterwards.
 */
export const SKIP_POSITIONS: Statement = sql`update positions set position = position + 1000000000`

/** The position of the last change; that of the first is 1. */
export async function lastPosition(database: Database): Promise<number> {
  const [row] = await database.read<{ position: number }>(sql`select position from positions`)
  return row?.position ?? 0
}
