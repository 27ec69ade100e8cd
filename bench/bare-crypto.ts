/**
 * The yardsticks for OPAQUE logins, in a process of their own, without a KDC: Argon2id as a server that is sent passwords must
 * compute it; and what OPAQUE itself costs a server. Asked over IPC, it answers with microseconds of processor time.
 *
 * Node's own Argon2id where it has one (24.7 and later), else the one within `@serenity-kit/opaque`: that can only be had as a
 * part of finishing a registration, so the same with the least stretching is taken off.
 *
 * @module
 */
import * as crypto from 'node:crypto'
import * as opaque from '@serenity-kit/opaque'
import { KEY_STRETCHING } from '../src/lib/opaque.ts'
import { PASSWORD } from './kdc/server.ts'
import { LEAST_STRETCHING } from './opaque-accounts.ts'

/** What this process can be asked: to do something so many times. */
export interface Question {
  readonly task: 'argon2id' | 'opaque'
  readonly count: number
}

/** Where its Argon2id is from; it says so when it is ready. */
export type Origin = 'Node' | 'WebAssembly'

interface Argon2Parameters {
  readonly message: string
  readonly nonce: Uint8Array
  readonly parallelism: number
  readonly memory: number
  readonly passes: number
  readonly tagLength: number
}

// @types/node 20 does not know it.
const { argon2Sync } = crypto as { argon2Sync?: (algorithm: string, parameters: Argon2Parameters) => Buffer }

await opaque.ready
const serverSetup = opaque.server.createSetup()
const userIdentifier = 'alice'
const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({
  password: PASSWORD,
})
const { registrationResponse } = opaque.server.createRegistrationResponse({
  serverSetup,
  userIdentifier,
  registrationRequest,
})
const register = (keyStretching: opaque.client.FinishRegistrationParams['keyStretching']) =>
  opaque.client.finishRegistration({
    password: PASSWORD,
    clientRegistrationState,
    registrationResponse,
    ...(keyStretching && { keyStretching }),
  })
const { registrationRecord } = register(LEAST_STRETCHING)
const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password: PASSWORD })
const startLogin = () =>
  opaque.server.startLogin({ serverSetup, registrationRecord, startLoginRequest, userIdentifier })
const { serverLoginState, loginResponse } = startLogin()
const finished = opaque.client.finishLogin({
  clientLoginState,
  loginResponse,
  password: PASSWORD,
  keyStretching: LEAST_STRETCHING,
})
const finishLoginRequest = finished?.finishLoginRequest ?? ''

const TASKS = {
  argon2id: argon2Sync ? nodesArgon2id : (count) => cpu(count, hashed) - cpu(count, unhashed),
  opaque: (count) => cpu(count, serverLogin),
} satisfies Record<Question['task'], (count: number) => number>

function nodesArgon2id(count: number): number {
  const { iterations: passes, memory, parallelism } = KEY_STRETCHING['argon2id-custom']
  const nonce = crypto.randomBytes(16)
  return cpu(count, () => {
    argon2Sync?.('argon2id', { message: PASSWORD, nonce, parallelism, memory, passes, tagLength: 64 })
  })
}

function hashed(): void {
  register(KEY_STRETCHING)
}

function unhashed(): void {
  register(LEAST_STRETCHING)
}

/** The server's two steps of a login (RFC 9807 §6.1): the same one again and again. */
function serverLogin(): void {
  startLogin()
  opaque.server.finishLogin({ serverLoginState, finishLoginRequest })
}

/** @returns microseconds of this process's processor time for one. */
function cpu(count: number, work: () => void): number {
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

process.on('message', ({ task, count }: Question) => process.send?.(TASKS[task](count)))
process.send?.((argon2Sync ? 'Node' : 'WebAssembly') satisfies Origin)
