/**
 * What came of the tests of one file, by what its process has told.
 *
 * @module
 */
import type { Message, Why } from './messages.ts'

interface Test {
  readonly name: string
  readonly suite: number
  state: 'declared' | 'running' | 'passed' | 'failed'
}

export interface Skip extends Why {
  readonly name: string
}

/** How a process ended: its exit status, or the signal. */
export type End = number | NodeJS.Signals

export class Tally {
  readonly skipped: Skip[] = []
  readonly #suites = new Map<number, { readonly name: string; ran: boolean }>()
  readonly #tests = new Map<number, Test>()
  readonly #problems: string[] = []
  #loaded = false
  #isLate = false

  note(message: Message): void {
    switch (message.type) {
      case 'loaded':
        this.#loaded = true
        return
      case 'suite':
        this.#suites.set(message.suite, { name: message.name, ran: false })
        return
      case 'run': {
        const suite = this.#suites.get(message.suite)
        if (suite) suite.ran = true
        return
      }
      case 'test':
        this.#tests.set(message.test, { name: message.name, suite: message.suite, state: 'declared' })
        return
      case 'skipped':
        this.skipped.push({ name: message.name, why: message.why, as: message.as })
        return
      case 'starts':
        this.#become(message.test, 'running')
        return
      case 'ends': {
        const proved = message.ok && message.asserted
        this.#become(message.test, proved ? 'passed' : 'failed')
        if (message.ok && !proved)
          this.#problems.push(`"${this.#name(message.test)}" came to its end without an assertion`)
      }
    }
  }

  /** What the process is at, for people. */
  get now(): string {
    const running = [...this.#tests].find(([, { state }]) => state === 'running')
    if (running) return `"${this.#name(running[0])}"`
    if (this.#count('declared') > 0 || !this.#loaded)
      return this.#loaded ? 'between two tests' : 'before its first test'
    return 'after its last test'
  }

  get passed(): number {
    return this.#count('passed')
  }

  /** The file has run out of time. */
  hangs(limitSec: number): void {
    const { now } = this
    this.#isLate = true
    const hint = now === 'after its last test' ? ': a socket, server, timer or process is left open' : ''
    this.#problems.push(`${now} did not end within ${limitSec} s${hint}`)
  }

  /**
   * The file is over.
   *
   * @returns how many tests have failed, or were not run as they should have been, and what is to say about it.
   */
  judge(end: End): { failed: number; problems: string[] } {
    const problems = [...this.#problems]
    for (const { name, ran } of this.#suites.values()) {
      if (!ran)
        problems.push(`the suite "${name}" was not run: is its .run() missing, or was it not reached?`)
    }
    if (!this.#loaded) {
      problems.push('the file was not evaluated to its end: it threw, or an await at its top never settles')
    }
    for (const [test, { state }] of this.#tests) {
      if (state === 'declared') problems.push(`"${this.#name(test)}" was not run`)
      if (state === 'running' && !this.#isLate) problems.push(`"${this.#name(test)}" did not end`)
    }
    if (this.#tests.size + this.skipped.length === 0) problems.push('it ran no test')
    const failed = this.#tests.size - this.passed
    if (end !== 0 && failed + problems.length === 0)
      problems.push(`its tests passed, but it ended with ${end}`)
    return { failed: failed || (problems.length > 0 ? 1 : 0), problems }
  }

  #become(test: number, state: Test['state']): void {
    const known = this.#tests.get(test)
    if (known) known.state = state
  }

  #count(state: Test['state']): number {
    return [...this.#tests.values()].filter((test) => test.state === state).length
  }

  #name(test: number): string {
    const { name, suite } = this.#tests.get(test) ?? { name: '?', suite: -1 }
    return [this.#suites.get(suite)?.name, name].filter(Boolean).join(': ')
  }
}
