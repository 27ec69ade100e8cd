/**
 * Time in the student's process: `Date`, and the timers of Node and of the web. It is what the grader says, so that an hour of silence
 * is over at once. Node's own (`mock.timers`) loads all of its test runner, which takes a fifth as long as such a process's start.
 *
 * @module
 */
import timers from 'node:timers'
import promises from 'node:timers/promises'

type Fn = (...args: unknown[]) => unknown

/** Node takes longer ones for 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1
/** Of time that passes, so that what waits for what came after a timer gets its turn. */
const STEP_MS = 1_000
/** The same, while no timer rings. */
const QUIET_STEP_MS = 60_000

const RealDate = Date
const { setImmediate } = timers

let now = 0
let lastId = 0
const pending = new Map<number, Timer>()

/** What Node's `Timeout` is. */
class Timer {
  readonly #id = ++lastId
  readonly #then: () => void
  readonly #delay: number
  readonly #repeats: boolean
  at = 0

  constructor(then: () => void, delay: unknown, repeats: boolean) {
    const ms = Number(delay)
    this.#then = then
    this.#delay = ms >= 1 && ms <= MAX_DELAY_MS ? Math.trunc(ms) : 1
    this.#repeats = repeats
    this.refresh()
  }

  /** Its time has come. */
  ring(): void {
    if (this.#repeats) this.refresh()
    else this.close()
    this.#then()
  }

  refresh(): this {
    this.at = now + this.#delay
    // The last of those that ring at the same time.
    pending.delete(this.#id)
    pending.set(this.#id, this)
    return this
  }

  close(): this {
    pending.delete(this.#id)
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.toPrimitive](): number {
    return this.#id
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** How many timers are set, and neither over nor cleared. */
export const running = (): number => pending.size

function set(repeats: boolean, then: unknown, delay: unknown, rest: readonly unknown[]): Timer {
  if (typeof then === 'function') return new Timer(() => then(...rest), delay, repeats)
  const error = new TypeError('The "callback" argument must be of type function.')
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' })
}

function clear(timer: unknown): void {
  if (timer instanceof Timer) timer.close()
  else if (typeof timer === 'number' || typeof timer === 'string') pending.get(Number(timer))?.close()
}

interface WaitOptions {
  readonly signal?: AbortSignal
}

const aborted = ({ reason }: AbortSignal) =>
  Object.assign(new Error('The operation was aborted', { cause: reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  })

/** `setTimeout` of `node:timers/promises`. */
function wait(delay: unknown, value: unknown, { signal }: WaitOptions = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal))
    const over = () => {
      signal?.removeEventListener('abort', stop)
      resolve(value)
    }
    const timer = new Timer(over, delay, false)
    const stop = () => {
      timer.close()
      reject(aborted(signal as AbortSignal))
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** `setInterval` of `node:timers/promises`. */
async function* repeat(delay: unknown, value: unknown, options?: WaitOptions): AsyncGenerator {
  for (;;) yield await wait(delay, value, options)
}

/** Puts these timers and this `Date` in the place of Node's. To be called before the program is there. */
export function startClock(nowMs: number): void {
  now = nowMs
  for (const of of [globalThis, timers]) {
    replace(of, 'setTimeout', (then, delay, ...rest) => set(false, then, delay, rest))
    replace(of, 'setInterval', (then, delay, ...rest) => set(true, then, delay, rest))
    for (const name of ['clearTimeout', 'clearInterval']) replace(of, name, (timer) => clear(timer))
  }
  replace(promises, 'setTimeout', wait as Fn)
  replace(promises, 'setInterval', repeat as Fn)
  replace(promises.scheduler, 'wait', (delay, options) => wait(delay, undefined, options as WaitOptions))
  RealDate.now = () => now
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now).toString(),
    construct: (of, args, target) => Reflect.construct(of, args.length > 0 ? args : [now], target),
  })
  RealDate.prototype.constructor = globalThis.Date
}

function replace(of: object, name: string, value: Fn): void {
  // `util.promisify` knows a timer by what is there beside.
  Object.defineProperties(value, Object.getOwnPropertyDescriptors(Reflect.get(of, name)))
  Object.defineProperty(of, name, { value, configurable: true, writable: true, enumerable: true })
}

/** Lets so much time pass at once: what rings in it rings, in its order. */
export function pass(ms: number): void {
  const end = now + ms
  for (let timer = next(end); timer; timer = next(end)) {
    now = Math.max(now, timer.at)
    timer.ring()
  }
  now = end
}

/** Lets so much time pass, and what goes on in the background have its turn. */
export async function passInTurn(ms: number): Promise<void> {
  const end = now + ms
  await turn()
  while (now < end) {
    const quiet = Math.min((next(end)?.at ?? end) - now, QUIET_STEP_MS)
    pass(Math.min(Math.max(quiet, STEP_MS), end - now))
    await turn()
  }
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The first that rings by then. */
function next(end: number): Timer | undefined {
  let first: Timer | undefined
  for (const timer of pending.values()) {
    if (timer.at <= end && (!first || timer.at < first.at)) first = timer
  }
  return first
}
