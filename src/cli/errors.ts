/** Errors of the tools, beside those of the library: what went wrong and what to do next. */

export const EXIT = { done: 0, failed: 1, usage: 2, tryLater: 3 } as const

/** An error with words for a person: `message` says what happened, `hint` what to do next. */
export class ToolError extends Error {
  readonly hint: string | undefined
  readonly exitCode: number
  /** Of docs/errors.md, where it says more about an error that has one. */
  readonly code: string | undefined
  /** What waits to be written to stdout is of no use any more: there may be no reader. */
  readonly leavesOutput: boolean

  constructor(
    message: string,
    options: {
      hint?: string | undefined
      exitCode?: number
      code?: string | undefined
      leavesOutput?: boolean
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.hint = options.hint
    this.code = options.code
    this.leavesOutput = options.leavesOutput ?? false
    this.exitCode = options.exitCode ?? EXIT.failed
  }
}

/** The command line or a setting is wrong. */
export class UsageError extends ToolError {
  constructor(message: string, hint?: string) {
    super(message, { exitCode: EXIT.usage, code: 'usage', hint })
  }
}
