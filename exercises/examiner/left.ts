/**
 * What a call leaves behind in the student's process: timers that run on, what it was given, and memory.
 *
 * @module
 */
import { setFlagsFromString as setFlags } from 'node:v8'
import { runInNewContext as runApart } from 'node:vm'
import { CipherState, HandshakeState, Secret } from 'symbolon/protocol'
import { running, turn } from './clock.ts'

/** What is still there when the garbage is gone. */
export interface Left {
  /** Of memory, whoever uses it. */
  readonly bytes: number
  /** Of the secrets that calls were given, and the objects that these were in. */
  readonly given: number
  /** Of the handshakes and the keys that seal, and of the bytes that secrets gave out. */
  readonly keys: number
  /** Of the process's events and signals: functions that wait for them. */
  readonly listeners: number
  /** Set, and neither over nor cleared. */
  readonly timers: number
}

// As they were before the program was there.
const { memoryUsage } = process
const setFlagsFromString = setFlags
const runInNewContext = runApart
const given: WeakRef<object>[] = []
let collect: (() => void) | undefined

/** Only where it is asked for: another context costs each process a tenth of its start. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return gc
}

/** Remembers the secrets in what a call is given, without keeping them. */
export function watchGiven(args: readonly unknown[]): void {
  for (const part of args) {
    if (typeof part !== 'object' || part === null) continue
    const secrets = [part, ...Object.values(part)].filter((one) => one instanceof Secret)
    if (secrets.length > 0) for (const one of new Set([part, ...secrets])) given.push(new WeakRef(one))
  }
}

/** Remembers what works with keys, and the bytes of secrets, without keeping them. To be called before the program is there. */
export function watchKeys(): void {
  watch(HandshakeState.prototype, 'writeMessage', (self) => self)
  watch(CipherState.prototype, 'encryptWithAd', (self) => self)
  watch(Secret.prototype, 'reveal', (_, bytes) => bytes)
}

const keys = new Set<WeakRef<object>>()
const known = new WeakSet<object>()

function watch(of: object, name: string, which: (self: object, result: object) => object): void {
  const method = Reflect.get(of, name)
  // Where an exercise has no such tool, what stands in its place has no methods.
  if (typeof method !== 'function') return
  const value = function (this: object, ...args: unknown[]) {
    const result: object = Reflect.apply(method, this, args)
    const one = which(this, result)
    if (!known.has(one)) keys.add(new WeakRef(one))
    known.add(one)
    return result
  }
  Object.defineProperty(of, name, { value, configurable: true, writable: true })
}

function keysLeft(): number {
  for (const key of keys) if (!key.deref()) keys.delete(key)
  return keys.size
}

const listeners = () =>
  process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as NodeJS.Signals), 0)

/** To be asked when no call is going on. */
export async function left(): Promise<Left> {
  collect ??= collector()
  for (let i = 0; i < 2; i++) {
    // What a program has looked at in this turn stays for it.
    await turn()
    collect()
  }
  const { heapUsed, external } = memoryUsage()
  return {
    bytes: heapUsed + external,
    given: given.filter((one) => one.deref()).length,
    keys: keysLeft(),
    listeners: listeners(),
    timers: running(),
  }
}
