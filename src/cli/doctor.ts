/**
 * What may be wrong with a set-up, looked at in turn. Nothing is made or changed, and nothing that is broken keeps the rest from being
 * looked at.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePrivateDirectory, refuseIfShared } from '../files/private-files.ts'
import { httpLink } from '../lib/kdc-link/http.ts'
import { isLoopback } from '../lib/network/address.ts'
import { MAX_CLOCK_OFFSET_SEC } from '../lib/sealed.ts'
import type { Session } from '../lib/session.ts'
import { ClientState, requireDatabase } from '../state/client-state.ts'
import { databaseIn, stateDirectory } from '../state/paths.ts'
import { commandOf } from './installed.ts'
import { readCredentials } from './login/credentials.ts'
import { kdcUrl } from './login/kdc-url.ts'
import {
  countUnreadable,
  type KeptSession,
  KeptSessionOver,
  keptSessions,
  resume,
} from './login/kept-session.ts'
import { keyJudge, readKnownKdcs } from './login/known-kdcs.ts'
import { configDir, runtimeDir, stateDir } from './paths.ts'
import { inWords } from './system-error-text.ts'
import { count } from './terminal/format.ts'
import { explain } from './tool.ts'

export interface Finding {
  /** What was looked at: `node`, `kdc`, `clock` ... */
  readonly check: string
  readonly status: 'ok' | 'warn' | 'error'
  readonly message: string
  readonly hint?: string | undefined
}

/** The same, where the check may go without saying. */
type Result = Omit<Finding, 'check'> & Partial<Finding>

/** The oldest Node that this runs on, and the oldest that is kept up: https://nodejs.org/en/about/previous-releases */
const NODE = { oldest: '20.19', keptUp: '22' } as const

const ok = (message: string): Result => ({ status: 'ok', message })
const warn = (message: string, hint?: string): Result => ({ status: 'warn', message, hint })

/** @param kdc - what `--kdc` says. */
export async function* examine(kdc: string | undefined): AsyncGenerator<Finding> {
  yield* look('node', nodeVersion)
  yield* look('database', () => requireDatabase().then(() => ok('SQLite works')))
  yield* look('known_kdcs', () => ok(`${count(readKnownKdcs().size, 'KDC')} known by key`))
  yield* look('credentials', () => {
    const passwords = [...readCredentials().values()].flatMap((users) => [...users.keys()])
    return ok(`${count(passwords.length, 'password')} in the credentials file`)
  })
  yield* look('files', files)
  let url = ''
  let date: string | undefined
  yield* look('kdc', async () => {
    url = kdcUrl(kdc)
    const { result, time } = await reach(url)
    date = time
    return result
  })
  if (url) yield* look('kdc_key', () => kdcKey(url))
  if (date) yield* look('clock', () => clock(Date.parse(date ?? '') / 1000, ', by an answer without a seal'))
  yield* look('sessions', sessions)
}

/** One thing, or each of several; what is thrown is what was found. */
async function* look(
  check: string,
  examination: () => Result | Promise<Result> | AsyncIterable<Result>,
): AsyncGenerator<Finding> {
  try {
    const result = await examination()
    if (!(Symbol.asyncIterator in result)) yield { check, ...result }
    else for await (const one of result) yield { check, ...one }
  } catch (error) {
    yield { check, ...failure(error) }
  }
}

const failure = (error: unknown): Result => ({ status: 'error', ...explain(inWords(error)) })

function nodeVersion(): Result {
  const { node } = process.versions
  const isBefore = (version: string) => node.localeCompare(version, 'en', { numeric: true }) < 0
  const message = `Node.js ${node}, ${process.platform} ${process.arch}`
  const hint = 'Node.js 24 is what to use: https://nodejs.org'
  if (isBefore(NODE.oldest)) {
    return { status: 'error', message: `${message}: it takes ${NODE.oldest} or newer`, hint }
  }
  return isBefore(NODE.keptUp) ? warn(`${message}, which gets no repairs any more`, hint) : ok(message)
}

/** What is ours is ours alone. */
async function* files(): AsyncGenerator<Result> {
  let files = 0
  let refused = 0
  for (const path of [configDir(), stateDir(), runtimeDir()].flatMap((top) => tree(top))) {
    files++
    try {
      if (path instanceof Error) throw path
      // It is there, and nothing is made.
      if (statSync(path).isDirectory()) ensurePrivateDirectory(path)
      else refuseIfShared(path)
    } catch (error) {
      refused++
      yield failure(error)
    }
  }
  if (refused === 0) yield ok(`${count(files, 'file')} and directories, for their owner alone`)
}

/** Paths, and why there are no more where one cannot be looked at. Three floors are all that there is: state, KDC, name. */
function tree(path: string | undefined, floors = 4): (string | Error)[] {
  try {
    const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
    if (path === undefined || !stats) return []
    if (floors === 0 || !stats.isDirectory()) return [path]
    return [path, ...readdirSync(path).flatMap((name) => tree(join(path, name), floors - 1))]
  } catch (error) {
    return [error as Error]
  }
}

async function reach(kdc: string): Promise<{ result: Result; time: string | undefined }> {
  const link = await httpLink(kdc)
  try {
    // What every KDC refuses in the same words, and counts for nothing.
    const { body, date } = await link.post('/login/start', 'application/json', Buffer.from('{}'))
    const answer = JSON.parse(Buffer.from(body).toString()) as { code?: unknown } | null
    if (answer?.code !== 'invalid_request') throw new SyntaxError()
    const { address } = link.place ?? { address: new URL(kdc).hostname }
    return { result: ok(`${kdc} answers, ${wayTo(kdc, address)}`), time: date }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const hint = 'the KDC says its URL when it starts: --kdc URL or SYMBOLON_KDC'
    return { result: { status: 'error', message: `what answers at ${kdc} is no KDC`, hint }, time: undefined }
  } finally {
    await link.close()
  }
}

function wayTo(kdc: string, address: string): string {
  if (kdc.startsWith('https:')) return `over TLS, at ${address}`
  if (isLoopback(address)) return 'on this machine'
  return `over the network without TLS, at ${address}: the tools seal what they ask`
}

function kdcKey(kdc: string): Result {
  const known = readKnownKdcs().get(kdc)
  if (known) return ok(`it is to have the key ${known.key}, which each login proves`)
  const hint = 'compare it with what the KDC says when it starts, or give it with --kdc-key'
  return warn('its key is not known yet: the first login will take any', hint)
}

/** @param rough - how the time was told, if not under the KDC's seal. */
function clock(kdcTime: number, rough: string): Result {
  const seconds = Math.round(Date.now() / 1000 - kdcTime)
  if (!Number.isFinite(seconds)) return warn('the KDC does not say what time it is')
  const difference = `is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'}`
  // What the KDC says has no fractions, and was on its way.
  const how = Math.abs(seconds) <= 1 ? 'agrees with' : difference
  const message = `this machine's clock ${how} the KDC's${rough}`
  // The tools put up with any difference to the KDC, and so does it; those of certificates and logs do not.
  if (Math.abs(seconds) <= MAX_CLOCK_OFFSET_SEC) return ok(message)
  return warn(message, 'set the clock, here or there: timedatectl set-ntp true')
}

async function* sessions(): AsyncGenerator<Result> {
  const kept = keptSessions()
  const unreadable = countUnreadable()
  if (kept.length + unreadable === 0) yield ok('none is kept')
  if (unreadable > 0) {
    const hint = `log in again, or remove it: ${commandOf('logout')}`
    yield warn(`${count(unreadable, 'kept session')} cannot be opened any more`, hint)
  }
  for (const session of kept) yield* judge(session)
  if (kept.length > 0 && runtimeDir() === undefined) {
    const hint = 'set XDG_RUNTIME_DIR to a directory in memory, or do without login'
    yield warn('there is no runtime directory: the key of what is kept lies beside it', hint)
  }
}

async function* judge(kept: KeptSession): AsyncGenerator<Result> {
  const { username, kdc } = kept
  // Given, so that it is not written down.
  const known = readKnownKdcs().get(kdc)?.key
  let session: Session | undefined
  try {
    session = await resume(kept, known === undefined ? {} : { judgeKey: keyJudge(kdc, known, () => {}) })
    await session.sessions()
    yield ok(`${username} is logged in at ${kdc}`)
    yield { ...clock(session.clock(), ''), check: 'clock' }
    yield { ...(await state(session)), check: 'state' }
  } catch (error) {
    const { message, hint } = explain(inWords(error))
    const isOver = error instanceof KeptSessionOver
    yield { status: isOver ? 'warn' : 'error', message: isOver ? message : `${username}: ${message}`, hint }
  } finally {
    await session?.close()
  }
}

async function state({ kdcKey, username, exportKey }: Session): Promise<Result> {
  const directory = stateDirectory(stateDir(), kdcKey, username)
  if (!existsSync(databaseIn(directory))) return ok(`${username} has stored nothing here`)
  const opened = await ClientState.open(directory, exportKey)
  await opened.close()
  return ok(`what ${username} has stored here can be read`)
}
