/**
 * What a call leaves behind in the student's process: timers that run on, what it was given, and memory.
 *
 * @module
 */
import timers from 'node:timers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Secret } from 'symbolon/protocol'

/** What is still there when the garbage is gone. */
export interface Left {
  /** Of memory, whoever uses it. */
  readonly bytes: number
  /** Of the secrets that calls were given, and the objects that these were in. */
  readonly given: number
  /** Set, and neither over nor cleared. */
  readonly timers: number
}

type Fn = (...args: unknown[]) => unknown

const { memoryUsage } = process
const { setImmediate } = timers
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
setFlagsFromString('--no-expose-gc')

const given: WeakRef<object>[] = []
const running = new Set<unknown>()

/** Watches the timers that are set from now on. To be called before the program is there. */
export function watchTimers(): void {
  for (const of of [globalThis, timers] as unknown as Readonly<Record<string, Fn>>[]) {
    for (const name of ['setTimeout', 'setInterval']) {
      const set = of[name] as Fn
      replace(of, name, (then, ...rest) => {
        const over = (...args: unknown[]) => {
          if (name === 'setTimeout') running.delete(timer)
          return (then as Fn)(...args)
        }
        const timer = set(over, ...rest)
        running.add(timer)
        return timer
      })
    }
    for (const name of ['clearTimeout', 'clearInterval']) {
      const clear = of[name] as Fn
      replace(of, name, (timer) => {
        running.delete(timer)
        return clear(timer)
      })
    }
  }
}

function replace(of: Readonly<Record<string, Fn>>, name: string, value: Fn): void {
  Object.defineProperties(value, Object.getOwnPropertyDescriptors(of[name] as Fn))
  Object.defineProperty(of, name, { value, configurable: true, writable: true, enumerable: true })
}

/** Remembers the secrets in what a call is given, without keeping them. */
export function watchGiven(args: readonly unknown[]): void {
  for (const part of args) {
    if (typeof part !== 'object' || part === null) continue
    const secrets = [part, ...Object.values(part)].filter((one) => one instanceof Secret)
    if (secrets.length > 0) for (const one of new Set([part, ...secrets])) given.push(new WeakRef(one))
  }
}

/** To be asked when no call is going on. */
export async function left(): Promise<Left> {
  for (let i = 0; i < 2; i++) {
    // What a program has looked at in this turn stays for it.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = memoryUsage()
  return {
    bytes: heapUsed + external,
    given: given.filter((one) => one.deref()).length,
    timers: running.size,
  }
}
