/**
 * The slow part of a password: Argon2id takes tens of milliseconds, during which the KDC must go on answering. So this
 * runs in a worker thread. JavaScript, because a worker thread of Node 20 does not load TypeScript.
 *
 * Everything it needs is in `workerData` and in the jobs; one job at a time, one reply to each.
 */
import { parentPort, workerData } from 'node:worker_threads'
import * as opaque from '@serenity-kit/opaque'

/**
 * @typedef {object} Settings
 * @property {string} serverSetup
 * @property {NonNullable<import('@serenity-kit/opaque').client.FinishLoginParams['keyStretching']>} keyStretching
 */
/**
 * @typedef {object} Job
 * @property {'check' | 'register'} task
 * @property {string} username
 * @property {{ client: string }} identifiers
 * @property {string} password
 * @property {string | null} record - for `check`; null gives a login against a fake record (RFC 9807 §10.9).
 */
/** @typedef {{ value: boolean | string } | { error: string }} Reply */

const { serverSetup, keyStretching } = /** @type {Settings} */ (workerData)

/**
 * A whole OPAQUE login, both sides of it (RFC 9807 §6).
 *
 * @param {Job} job
 */
function check({ username, identifiers, password, record }) {
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password })
  const { loginResponse } = opaque.server.startLogin({
    serverSetup,
    registrationRecord: record,
    startLoginRequest,
    userIdentifier: username,
    identifiers,
  })
  const finished = opaque.client.finishLogin({
    clientLoginState,
    loginResponse,
    password,
    identifiers,
    keyStretching,
  })
  return finished !== undefined
}

/**
 * A whole OPAQUE registration, both sides of it (RFC 9807 §5).
 *
 * @param {Job} job
 */
function register({ username, identifiers, password }) {
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password })
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup,
    userIdentifier: username,
    registrationRequest,
  })
  return opaque.client.finishRegistration({
    password,
    registrationResponse,
    clientRegistrationState,
    identifiers,
    keyStretching,
  }).registrationRecord
}

/** @param {Job} job @returns {Reply} */
function run(job) {
  try {
    return { value: job.task === 'check' ? check(job) : register(job) }
  } catch (error) {
    // OPAQUE's messages name the step that failed, never what it worked on.
    return { error: error instanceof Error ? error.message : 'unknown' }
  }
}

await opaque.ready
parentPort?.on('message', (/** @type {Job} */ job) => parentPort?.postMessage(run(job)))
