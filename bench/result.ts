/**
 * What a benchmark finds out: rows, and what a row cannot hold.
 *
 * @module
 */
/** A measurement repeated: its median, and how far it was off at worst. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** One line of a table: ours against something measured in the same rounds. */
export interface Row {
  readonly what: string
  /** Rows that belong together, in a document and in a plot. */
  readonly group?: string | undefined
  /** The row above that this one says more of. */
  readonly parent?: string | undefined
  readonly unit: string
  readonly ours: Spread
  /** What it is compared with. */
  readonly against: string
  readonly theirs: Spread
  /** Ours divided by theirs, of each round. */
  readonly ratio: Spread
  /** Which way is good. */
  readonly better: 'lower' | 'higher' | 'one'
  /** The ratio that is wanted: at least, or at most, by `better`. */
  readonly goal?: number | undefined
}

/** What one benchmark found out. */
export interface Result {
  readonly rows: readonly Row[]
  /** Sentences that a table cannot hold. */
  readonly notes?: readonly string[]
  /** What could not be compared with, and how to get it. */
  readonly missing?: readonly string[]
  /** A goal that is missed makes the run fail. */
  readonly mustMeet?: boolean
  /** Other tables: what a figure does not say. */
  readonly tables?: readonly Table[]
}

/** Words in rows and columns. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}
