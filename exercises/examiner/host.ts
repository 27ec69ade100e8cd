/**
 * What runs in the student's process, beside the student's program: it calls what the grader asks for, one line of JSON each, and
 * says what came of it. It knows neither what is tried nor what is right, so nothing that the program does to it makes a result.
 *
 * @module
 */
import { createHook } from 'node:async_hooks'
import dgram from 'node:dgram'
import { writeSync as nodesWriteSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import v8 from 'node:v8'
import { Secret, Wire } from 'symbolon/protocol'
import { pass, passInTurn, startClock, turn } from './clock.ts'
import { drawFrom } from './drawing.ts'
import { left, watchGiven, watchKeys } from './left.ts'
import { seen } from './seen.ts'
import { surround } from './surroundings.ts'
import { type Notes, noted } from './untouched.ts'
import { decode, encode, isPlain, Kept, type Makers } from './values.ts'

/** A call of what the program exports, of an object that was kept, or one of the host's own. */
export interface Call {
  readonly id: number
  readonly do: 'call' | 'each' | 'keep' | 'advance' | 'count' | 'draw' | 'heap' | 'left'
  /** The exported function, or the method of `on`. */
  readonly name: string
  readonly on?: number
  readonly args: readonly unknown[]
}

/** What came of it. */
export type Reply =
  | ({ readonly id: number } & Outcome)
  /** Of many calls of one function, one after the other. */
  | { readonly id: number; readonly each: readonly Outcome[] }
  /** An error that nothing in the program waits for. */
  | { readonly stray: Thrown }

export type Outcome = (
  | {
      readonly value: unknown
      readonly async: boolean
      readonly plain: boolean
      /** What it gave was another when the calls after it were over. */
      readonly altered?: true
    }
  | { readonly thrown: Thrown }
) & {
  /** What of that which it was given is another since then, in words. */
  readonly changed?: string
}

/** An error of the program, or what it threw instead of one. */
export interface Thrown {
  readonly isError: boolean
  readonly name: string
  readonly message: string
  readonly code?: string
  /** Before there was a promise. */
  readonly atOnce?: true
  /** All that is seen of it when it is printed, and all that it carries besides: its properties, shown or hidden, and its causes. */
  readonly all: string
  /** Of the student's file. */
  readonly line?: number
}

const ANSWERS_FD = 3
/** An error's message may look like a frame, and be long. */
const MAX_FRAME_CHARS = 1_000
/** Warnings of what a program does not do itself. */
const NODES_OWN = ['ExperimentalWarning', 'DeprecationWarning', 'SecurityWarning']
const PROGRAM = './program.mjs'
const OURS = ['main.cjs', 'symbolon.cjs', 'symbolon.mjs']

type Fn = (...args: unknown[]) => unknown

// As they are before the program is there.
const writeSync = nodesWriteSync
const { setInterval: realInterval, clearInterval: realClear } = globalThis
const { connect } = net.Socket.prototype

function refuse(of: object, ...names: readonly string[]): void {
  for (const name of names) {
    const value = () => {
      throw new Error(`${name} has nothing to do with the exercise`)
    }
    Object.defineProperty(of, name, { value })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what is Node's own has no types
type Handle = any

/**
 * The same for what sockets are made of: a program finds it in `process.stdin`, and in the resources of `async_hooks`.
 *
 * @returns the ports to which a connection may be made, by number.
 */
function refuseHandles(): Record<number, true> {
  const ports: Record<number, true> = Object.create(null)
  const { apply } = Reflect
  const pipe = Object.getPrototypeOf((process.stdin as Handle)._handle)
  refuse(pipe, 'bind', 'listen', 'connect', 'connect2', 'fchmod')
  const server = (net as Handle)._createServerHandle('127.0.0.1', 0, 4)
  const tcp = Object.getPrototypeOf(server)
  const { connect } = tcp
  server.close()
  refuse(tcp, 'bind', 'bind6', 'listen', 'connect6')
  const value = function (this: unknown, request: unknown, address: unknown, port: unknown) {
    if (address !== '127.0.0.1' || typeof port !== 'number' || !ports[port])
      throw new Error('connect has nothing to do with the exercise')
    return apply(connect, this, [request, address, port])
  }
  Object.defineProperty(tcp, 'connect', { value })
  const datagrams = dgram.createSocket('udp4')
  for (const state of Object.getOwnPropertySymbols(datagrams)) {
    const { handle } = (datagrams as Handle)[state] ?? {}
    if (!handle?.send) continue
    const udp = Object.getPrototypeOf(handle)
    refuse(udp, 'bind', 'bind6', 'open', 'connect', 'connect6', 'send', 'send6')
  }
  datagrams.close()
  return ports
}

const toDial = refuseHandles()

// What Node's permission model does not know of. With a signal another process is ended, or opened to a debugger; a local socket is a
// file; and there is no need of a connection but those that are given.
refuse(
  process,
  'kill',
  '_kill',
  '_debugProcess',
  '_debugEnd',
  'execve',
  'binding',
  '_linkedBinding',
  'dlopen',
)
refuse(os, 'setPriority')
// Some of V8's flags name files that it writes.
refuse(v8, 'setFlagsFromString')
refuse(net, '_createServerHandle')
refuse(net.Server.prototype, 'listen', '_listen2', '_setupListenHandle')
refuse(net.Socket.prototype, 'connect')
refuse(dgram.Socket.prototype, 'bind', 'connect', 'send')
// What is imported by its name is refused, too.
syncBuiltinESMExports()

// Time is what the grader says: an hour of silence is over at once, and a program's own clock shows.
const [startedAt, start] = process.argv.slice(2)
// `performance` would have to be loaded.
const { uptime } = process
let now = uptime()
startClock(Number(startedAt))
surround(Number(start))

// What is no randomness shows itself: after a restart it comes again.
let draw = 0
Math.random = () => {
  draw = (draw + 0x9e3779b9) >>> 0
  const mixed = Math.imul(draw ^ (draw >>> 15), 0x85ebca6b)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32
}

const exported: Promise<Readonly<Record<string, unknown>>> = import(PROGRAM)
const kept = new Map<number, object>()
/** What the program made: it may change. */
const isTheirs = new WeakSet<object>()
let lastKept = 0
const thrownAtOnce = new WeakSet<Error>()

function answer(reply: Reply): void {
  const line = Buffer.from(`${JSON.stringify(reply)}\n`)
  for (let written = 0; written < line.length; ) {
    try {
      written += writeSync(ANSWERS_FD, line, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

/** What is left of the random bytes that a function gives. */
const pools = new WeakMap<object, Uint8Array>()

function randomBytesFrom(pool: Uint8Array, after: Uint8Array | undefined) {
  const randomBytes = (length: number) => {
    const left = pools.get(randomBytes) ?? pool
    if (!(length >= 0 && length <= left.length)) {
      if (after) pools.set(randomBytes, after)
      throw new RangeError(`randomBytes(${length}): no more are left`)
    }
    pools.set(randomBytes, left.subarray(length))
    return Uint8Array.from(left.subarray(0, length))
  }
  pools.set(randomBytes, pool)
  return randomBytes
}

/** What is one object in many calls. */
const same = new Map<number, object>()

function sameAs(id: number, value: unknown): unknown {
  const known = same.get(id)
  if (!known) {
    same.set(id, value as object)
    return value
  }
  if (typeof known === 'function') pools.set(known, pools.get(value as object) ?? new Uint8Array())
  else if (!(known instanceof Secret)) Object.assign(known, value)
  return known
}

async function dial(port: number): Promise<Wire> {
  const socket = new net.Socket({ allowHalfOpen: true })
  toDial[port] = true
  Reflect.apply(connect, socket, [{ host: '127.0.0.1', port }])
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return new Wire(socket)
}

const makers: Makers = {
  random: randomBytesFrom,
  wire: () => undefined,
  kept: (id) => kept.get(id),
  same: sameAs,
}

/** The arguments, with what must be waited for. */
async function received(args: readonly unknown[]): Promise<unknown[]> {
  const waiting: Promise<void>[] = []
  const wires = new Map<number, Wire>()
  const ports = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    if ('$' in part && part.$ === 'wire') {
      const port = Number((part as { port?: unknown }).port)
      waiting.push(dial(port).then((wire) => void wires.set(port, wire)))
    }
    for (const inner of Object.values(part)) ports(inner)
  }
  ports(args)
  await Promise.all(waiting)
  const made = args.map((part) => decode(part, { ...makers, wire: (port) => wires.get(port) }))
  watchGiven(made)
  return made
}

function keep(value: unknown): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
  kept.set(++lastKept, value)
  isTheirs.add(value)
  return new Kept(lastKept)
}

async function run({ id, do: what, name, on, args }: Call): Promise<void> {
  try {
    // Without connections, and each in its turn.
    const given = what === 'each' ? [] : await received(args)
    if (what === 'advance')
      return answer({ id, value: encode(await passInTurn(Number(given[0]))), async: false, plain: true })
    if (what === 'draw') {
      drawFrom(given[0] as Uint8Array)
      return answer({ id, value: null, async: false, plain: true })
    }
    if (what === 'count') return answer({ id, value: begun(name), async: false, plain: true })
    if (what === 'left') return answer({ id, value: encode(await left()), async: false, plain: true })
    if (what === 'heap') return answer({ id, value: (await left()).bytes, async: false, plain: true })
    const target = on === undefined ? await exported : kept.get(on)
    const fn = target && (target as Readonly<Record<string, unknown>>)[name]
    if (typeof fn !== 'function') {
      const where =
        on === undefined
          ? `there is no 'export function ${name}' in the file.`
          : `it has no method '${name}'.`
      return answer({ id, thrown: { isError: true, name: 'Missing', message: where, all: '' } })
    }
    if (what === 'each') {
      const one = (...args: unknown[]) => (fn as Fn).apply(target, args)
      return answer({ id, each: await each(one, args as unknown[][]) })
    }
    const isClass = /^class\b/.test(Function.prototype.toString.call(fn))
    const call = (...args: unknown[]) => {
      try {
        return isClass ? Reflect.construct(fn, args) : (fn as Fn).apply(target, args)
      } catch (error) {
        if (error instanceof Error) thrownAtOnce.add(error)
        throw error
      }
    }
    answer({ id, ...(await outcome(call, given, what === 'keep' ? keep : undefined)).told })
  } catch (error) {
    answer({ id, thrown: thrown(error) })
  }
}

const PLACES = ['first', 'second', 'third', 'fourth', 'fifth']
const place = (i: number) => `the ${PLACES[i] ?? `${i + 1}th`} argument`

async function outcome(fn: Fn, given: unknown[], kept?: (value: unknown) => unknown) {
  const notes = noted(given, place, (object) => isTheirs.has(object))
  const told = (outcome: Outcome): Outcome => {
    const changed = notes.changed()
    return changed ? { ...outcome, changed } : outcome
  }
  try {
    const returned = fn(...given)
    const value = await returned
    const coded = encode(kept ? kept(value) : value)
    const [async, plain] = [returned instanceof Promise, isPlain(returned)]
    return { told: told({ value: coded, async, plain }), value, notes }
  } catch (error) {
    return { told: told({ thrown: thrown(error) }), notes }
  }
}

/** Calls it with each of the lists of arguments, and keeps what it gave until the last call is over. */
async function each(fn: Fn, all: readonly unknown[][]): Promise<Outcome[]> {
  const outcomes: { told: Outcome; later: () => Partial<Outcome> }[] = []
  /** When an object was last given. */
  const last = new Map<object, Notes>()
  for (const coded of all) {
    const { told, value, notes } = await outcome(
      fn,
      coded.map((part) => decode(part, makers)),
    )
    for (const object of notes.objects) last.set(object, notes)
    // The next call is to find what it would have found.
    if (told.changed) same.clear()
    const gave = noted([value], () => 'the answer')
    const later = () => {
      const changed = notes.changed((object) => last.get(object) === notes)
      const altered = gave.changed() !== undefined
      return { ...(changed && { changed }), ...(altered && { altered }) }
    }
    outcomes.push({ told, later })
  }
  await turn()
  return outcomes.map(({ told, later }) => ({ ...told, ...later() }))
}

const counts = new Map<string, number>()

/** How often Node has begun a thing of this type, since it was first asked. */
function begun(type: string): number {
  const count = counts.get(type)
  if (count !== undefined) return count
  counts.set(type, 0)
  const init = (_id: number, begun: string) => {
    if (begun === type) counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  createHook({ init }).enable()
  return 0
}

function thrown(error: unknown): Thrown {
  if (!(error instanceof Error)) {
    return { isError: false, name: typeof error, message: shown(error), all: seen(error) }
  }
  const { code } = error as { code?: unknown }
  const line = String(error.stack)
    .split('\n')
    .filter((frame) => frame.startsWith('    at ') && frame.length <= MAX_FRAME_CHARS)
    .map((frame) => /([^/\\\s(]+\.[cm]?[jt]s):(\d+):\d+\)?$/.exec(frame) ?? [])
    .find(([, file]) => file !== undefined && !OURS.includes(file))?.[2]
  return {
    isError: true,
    name: String(error.name),
    message: String(error.message),
    all: seen(error),
    ...(code !== undefined && { code: String(code) }),
    ...(thrownAtOnce.has(error) && { atOnce: true }),
    ...(line && { line: Number(line) }),
  }
}

function shown(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'something that cannot be shown'
  }
}

watchKeys()
// Node has no word for a program that runs without warnings; here they are on the screen, as anywhere, and without Node's own.
process.on('warning', (warning) => {
  if (!NODES_OWN.includes(warning.name)) process.stderr.write(`${seen(warning)}\n`)
})
process.on('unhandledRejection', (error) => answer({ stray: thrown(error) }))
process.on('uncaughtException', (error) => answer({ stray: thrown(error) }))

// Where nothing else is said fake time goes as fast as the other.
const clock = realInterval(() => {
  const then = now
  now = uptime()
  pass(Math.round(1000 * (now - then)))
}, 50)
process.stdin.once('close', () => realClear(clock))

let rest = ''
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) run(JSON.parse(line))
})
// The grader is gone, or has seen enough.
process.stdin.once('end', () => process.exit())
