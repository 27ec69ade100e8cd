/**
 * What a test file's process tells the runner, over a channel of its own: what a test prints proves nothing.
 *
 * @module
 */

/** As whom some tests must run: those of file modes mean nothing for root, those of owners need it. */
export type Identity = 'root' | 'an ordinary user'

export type Message =
  /** The file's module has been evaluated to its end. */
  | { readonly type: 'loaded' }
  | { readonly type: 'suite'; readonly suite: number; readonly name: string }
  /** A suite's `run()` was called. */
  | { readonly type: 'run'; readonly suite: number }
  | { readonly type: 'test'; readonly test: number; readonly suite: number; readonly name: string }
  | ({ readonly type: 'skipped'; readonly suite: number; readonly name: string } & Why)
  | { readonly type: 'starts'; readonly test: number }
  /** `asserted` is false when no assertion was evaluated, which is to have tested nothing. */
  | { readonly type: 'ends'; readonly test: number; readonly ok: boolean; readonly asserted: boolean }

/** Why a test was not run. */
export interface Why {
  /** One line. */
  readonly why: string
  /** When it is run as somebody else only. */
  readonly as?: Identity | undefined
}

/** Names the environment variable that restricts a file to the tests for one identity, when it is run once more for those. */
export const ONLY_FOR = 'SYMBOLON_TESTS_ONLY_FOR'
