/** A KDC in a program of one's own. */
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CreateKdcOptions, createKdc, type EmbeddedKdc } from '../../src/kdc/index.ts'
import { login } from '../../src/lib/session.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { rejects } from '../helpers/throws.ts'

const test = suite('createKdc')

/** A program that has routes of its own. */
async function mounted(kdc: EmbeddedKdc): Promise<{ url: string; close(): Promise<void> }> {
  const app = new Hono().get('/about', (c) => c.text('our KDC')).route('/', kdc.app)
  let server: ServerType | undefined
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) => resolve(info.port))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server?.close(() => resolve())),
  }
}

test('is mounted beside the routes of a program', async () => {
  await using kdc = await createKdc()
  await kdc.addAccount('alice', 'her password')
  const program = await mounted(kdc)
  const about = await fetch(`${program.url}/about`)
  assert.is(await about.text(), 'our KDC')
  assert.is(about.headers.get('cache-control'), null)
  const alice = await login(program.url, 'alice', 'her password')
  assert.is(alice.kdcKey, kdc.publicKey)
  await rejects(alice.userinfo('bob'), 'receiver_unknown')
  await alice.logout()
  const health = await fetch(`${program.url}/healthz`)
  assert.is(health.status, 200)
  await program.close()
})

test('keeps accounts in its directory, sealed under keys that are elsewhere', async () => {
  const directory = temporaryDirectory()
  const options: CreateKdcOptions = {
    data: join(directory.path, 'kdc'),
    masterKeyFile: join(directory.path, 'master.key'),
  }
  const first = await createKdc(options)
  await first.addAccount('alice', 'her password')
  await first.close()
  assert.match(readFileSync(join(directory.path, 'master.key'), 'utf8'), /^master:/)
  await using second = await createKdc(options)
  assert.is(second.publicKey, first.publicKey)
  await rejects(second.addAccount('alice', 'another'), 'account_exists')
  const program = await mounted(second)
  await (await login(program.url, 'alice', 'her password')).logout()
  await program.close()
  await second.close()
  directory.remove()
})

test('tells its log what happens', async () => {
  const events: string[] = []
  const log = { info: note, warn: note, error: note }
  function note(_fields: object, event: string) {
    events.push(event)
  }
  await using kdc = await createKdc({ log, loginTries: 1 })
  await kdc.addAccount('alice', 'her password')
  const program = await mounted(kdc)
  await rejects(login(program.url, 'alice', 'wrong'), 'login_refused')
  await rejects(login(program.url, 'alice', 'wrong'), 'too_many_attempts')
  assert.ok(events.includes('too_many_attempts') || events.includes('login_refused'), events.join())
  await program.close()
})

test('wrong arguments are named, and nothing is made', async () => {
  const directory = temporaryDirectory()
  const data = join(directory.path, 'kdc')
  const link = join(directory.path, 'link')
  symlinkSync(directory.path, link, 'junction')
  const wrong: [unknown, RegExp][] = [
    [7, /createKdc: options/],
    [{ dat: data }, /options\.dat:/],
    [{ data: '' }, /options\.data/],
    [{ data }, /options\.masterKeyFile/],
    [{ masterKeyFile: 'x' }, /options\.masterKeyFile/],
    [{ data, masterKeyFile: join(data, 'master.key') }, /outside of options\.data/],
    [{ data, masterKeyFile: join(data, '..', 'kdc', 'keys', 'm') }, /outside of options\.data/],
    [{ data, masterKeyFile: join(data, '..keys', 'm') }, /outside of options\.data/],
    [{ data, masterKeyFile: join(link, 'kdc', 'm') }, /outside of options\.data/],
    [Object.create({ keepSec: -1 }), /options\.keepSec/],
    [JSON.parse('{ "__proto__": {} }'), /options\.__proto__/],
    [{ trustedProxies: '10.0.0.1' }, /options\.trustedProxies/],
    [{ trustedProxies: ['10.0.0.0/99'] }, /options\.trustedProxies\[0\]/],
    [{ allowPlaintext: 'no' }, /options\.allowPlaintext/],
    [{ keepSec: -1 }, /options\.keepSec/],
  ]
  for (const [options, message] of wrong) {
    let error: unknown
    await createKdc(options as never).catch((thrown) => {
      error = thrown
    })
    assert.instance(error, TypeError, String(message))
    assert.match((error as Error).message, message)
  }
  assert.throws(() => readFileSync(data))
  directory.remove()
})

test.run()
