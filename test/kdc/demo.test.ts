import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { post, runKdc, startKdc } from '../helpers/kdc-process.ts'
import { cleanEnvironment, startTool } from '../helpers/program.ts'

interface Context {
  home: ReturnType<typeof temporaryDirectory>
  env: NodeJS.ProcessEnv
}
const demo = suite<Context>('kdc --demo')

demo.before.each((context) => {
  context.home = temporaryDirectory()
  const at = (name: string) => join(context.home.path, name)
  context.env = { XDG_CONFIG_HOME: at('config'), XDG_DATA_HOME: at('data'), TMPDIR: at('tmp') }
  mkdirSync(at('tmp'))
})
demo.after.each(({ home }) => home.remove())

type Credentials = Record<string, Record<string, string>>

const credentialsFile = ({ home }: Context) => join(home.path, 'config', 'symbolon', 'credentials')

const readFile = (context: Context): Credentials => JSON.parse(readFileSync(credentialsFile(context), 'utf8'))

function writeFile(context: Context, credentials: Credentials): void {
  mkdirSync(dirname(credentialsFile(context)), { recursive: true })
  writeFileSync(credentialsFile(context), JSON.stringify(credentials), { mode: 0o600 })
}

const login = (url: string, username: string, password: string | undefined) =>
  post(`${url}/login`, { username, password })

demo('has alice and bob, with passwords in the credentials file', async (context) => {
  const kdc = startKdc(['--demo', '--port', '0'], context.env)
  const url = await kdc.url()
  const passwords = readFile(context)[url]
  for (const username of ['alice', 'bob']) {
    assert.is((await login(url, username, passwords?.[username])).status, 200)
  }
  assert.is.not(passwords?.alice, passwords?.bob)
  const path = credentialsFile(context)
  assert.ok(kdc.stderr.includes(`kdc: wrote the passwords of alice and bob into ${path}, until it stops\n`))
  await kdc.says('stderr', /kdc: {3}npx tsx src\/sender.ts alice bob "hi" --kdc http/)
  assert.is(await kdc.stop(), 0)
  assert.ok(kdc.stderr.includes(`kdc: took the passwords of alice and bob out of ${path}\n`), kdc.stderr)
})

demo('over IPv6, what it says to try works', async (context) => {
  const env = cleanEnvironment(context.home.path)
  const kdc = startKdc(['--demo', '--host', '::1', '--port', '0'], env)
  const line = /npx tsx (src\/receiver\.ts) (bob .*)\n/
  await kdc.says('stderr', line)
  const [, file = '', words = ''] = line.exec(kdc.stderr) ?? []
  const bob = startTool(file, words.split(' '), env).input()
  await bob.says('stderr', /listening on \[::1\]:\d+\n/)
  await bob.stop()
  assert.is(await kdc.stop(), 0)
})

demo('takes the place of a demo that was killed, and not that of a real KDC', async (context) => {
  const port = await freePort(context)
  const known = join(context.env.XDG_CONFIG_HOME ?? '', 'symbolon', 'known_kdcs')
  const killed = startKdc(['--demo', '--port', port], context.env)
  await killed.says('stderr', /Try, in two other terminals/)
  await killed.stop('SIGKILL')
  const left = readFileSync(known, 'utf8')
  const next = startKdc(['--demo', '--port', port], context.env)
  await next.says('stderr', /Try, in two other terminals/)
  assert.is.not(readFileSync(known, 'utf8'), left)
  assert.is(await next.stop(), 0)
  assert.not.ok(existsSync(known))

  const real = left.replace(' demo', '')
  writeFileSync(known, real, { mode: 0o600 })
  const wrong = startKdc(['--demo', '--port', port], context.env)
  await wrong.says('stderr', /sender\.ts alice bob "hi" --kdc http\S+ --kdc-key=[\w-]{43}/)
  assert.is(await wrong.stop(), 0)
  assert.is(readFileSync(known, 'utf8'), real)
})

demo('leaves nothing behind', async (context) => {
  const kdc = startKdc(['--demo', '--port', '0'], context.env)
  await kdc.url()
  assert.is(await kdc.stop(), 0)
  const left = readdirSync(context.home.path, { recursive: true, encoding: 'utf8' })
  assert.equal(
    left.filter((name) => /credentials|demo|kdc|key/.test(name)),
    [],
  )
})

demo('uses a password that is in the file, and leaves it there', async (context) => {
  const port = await freePort(context)
  const url = `http://127.0.0.1:${port}`
  const before = { [url]: { alice: 'her own' }, 'http://elsewhere': { alice: 'x' } }
  writeFile(context, before)
  const kdc = startKdc(['--demo', '--port', port], context.env)
  await kdc.url()
  assert.is((await login(url, 'alice', 'her own')).status, 200)
  assert.is(await kdc.stop(), 0)
  assert.match(kdc.stderr, /wrote the passwords of bob into/)
  assert.equal(readFile(context), before)
})

demo('with --data leaves the accounts alone that were there, and takes its own away', async (context) => {
  const data = join(context.home.path, 'kdc')
  await runKdc(['adduser', 'alice', '--data', data], { ...context.env, SYMBOLON_PASSWORD: 'her own words' })
  const kdc = startKdc(['--demo', '--port', '0', '--data', data], context.env)
  const url = await kdc.url()
  await kdc.says('stderr', /kdc: alice was here before/)
  assert.is((await login(url, 'alice', 'her own words')).status, 200)
  assert.equal(Object.keys(readFile(context)[url] ?? {}), ['bob'])
  assert.is(await kdc.stop(), 0)
  assert.is((await runKdc(['users', '--data', data])).stdout, 'alice\n')
})

/** A port that a KDC has just had: nobody else is given it so soon. */
async function freePort({ env }: Context): Promise<string> {
  const kdc = startKdc(['--port', '0'], env)
  const { port } = new URL(await kdc.url())
  await kdc.stop()
  return port
}

demo.run()
