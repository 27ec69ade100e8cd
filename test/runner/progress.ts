/**
 * What a person sees of a test run: each file as it ends, what runs now, and what took longest.
 *
 * @module
 */
import type { FileRun, Outcome } from './file-run.ts'

/** Where lines cannot be redrawn, one is printed for a file that has run so long, and each time again. */
const TELL_SEC = 60
const SLOWEST = 10

export interface Screen {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** As much of a `FileRun` as is shown. */
export type Shown = Pick<FileRun, 'file' | 'seconds' | 'now'>

export class Progress {
  readonly #screen: Screen
  readonly #total: number
  readonly #running = new Set<Shown>()
  readonly #told = new Map<Shown, number>()
  #done = 0

  constructor(screen: Screen, total: number) {
    this.#screen = screen
    this.#total = total
  }

  began(run: Shown): void {
    this.#running.add(run)
    this.look()
  }

  ended(run: Shown, outcome: Outcome): void {
    this.#running.delete(run)
    this.#done++
    const { file, passed, failed, skipped, problems, output } = outcome
    const alsoSkipped = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
    const seconds = `${outcome.seconds.toFixed(1)} s`
    this.say(
      `${failed ? 'FAIL' : 'ok  '} ${file}  ${passed} passed, ${failed} failed${alsoSkipped}  ${seconds}`,
    )
    for (const { name, why } of skipped) this.say(`     skipped: ${name}: ${why}`)
    if (failed) this.say(output.trimEnd())
    for (const problem of problems) this.say(`     ${file}: ${problem}`)
    this.look()
  }

  /** Prints a line above what runs now. */
  say(line: string): void {
    this.#screen.write(`${this.#erase()}${line}\n`)
  }

  end(outcomes: readonly Outcome[]): void {
    const slowest = outcomes.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)
    this.say('slowest:')
    for (const { file, seconds } of slowest) this.say(`${seconds.toFixed(1).padStart(7)} s  ${file}`)
  }

  /** Shows what runs now: to be called every second. */
  look(): void {
    const runs = [...this.#running]
    if (this.#screen.isTTY) {
      const each = runs.map(({ file, seconds, now }) => `${file} ${Math.floor(seconds)} s ${now}`)
      const line = `${this.#done}/${this.#total} done; now ${each.join('; ')}`
      this.#screen.write(this.#erase() + line.slice(0, (this.#screen.columns ?? 80) - 1))
      return
    }
    for (const run of runs) {
      const times = Math.floor(run.seconds / TELL_SEC)
      if (times <= (this.#told.get(run) ?? 0)) continue
      this.#told.set(run, times)
      this.say(`...  ${run.file} has run for ${times * TELL_SEC} s, and is at ${run.now}`)
    }
  }

  #erase(): string {
    return this.#screen.isTTY ? '\r\x1b[K' : ''
  }
}
