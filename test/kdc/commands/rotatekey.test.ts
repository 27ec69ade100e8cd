/** The master key: rotated under sessions that live on, and lost. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openData } from '../../../src/kdc/data.ts'
import { numbersInUse, sealedByOthers } from '../../../src/kdc/keys/at-rest.ts'
import { generateMasterKeys, loadMasterKeys } from '../../../src/kdc/keys/master-keys.ts'
import { invite } from '../../../src/kdc/logins/invite.ts'
import { register } from '../../../src/lib/register.ts'
import { PASSWORD, START, temporaryDirectory, testKdc } from '../../helpers/kdc.ts'
import { post, runKdc, startKdc } from '../../helpers/kdc-process.ts'

interface Place {
  readonly home: ReturnType<typeof temporaryDirectory>
  readonly data: string
  readonly keyFile: string
}

const rotation = suite<Place>('kdc rotatekey')
rotation.before.each((context) => {
  const home = temporaryDirectory()
  const keyFile = join(home.path, 'symbolon', 'master.key')
  Object.assign(context, { home, data: join(home.path, 'kdc'), keyFile })
})
rotation.after.each(({ home }) => home.remove())

const environment = ({ home }: Place) => ({ XDG_CONFIG_HOME: home.path, SYMBOLON_PASSWORD: PASSWORD })
const run = (place: Place, ...args: string[]) => runKdc([...args, '--data', place.data], environment(place))
const numbers = ({ keyFile }: Place) => loadMasterKeys(keyFile).numbers

/** Serves while `work` is done. */
async function serving<T>(place: Place, work: (url: string) => Promise<T>): Promise<T> {
  const kdc = startKdc(['--port', '0', '--data', place.data], environment(place))
  const result = await work(await kdc.url())
  assert.is(await kdc.stop(), 0)
  return result
}

const login = async (url: string): Promise<string> =>
  (await post(`${url}/login`, { username: 'alice', password: PASSWORD })).json.token
const listen = async (url: string, token: string) =>
  (await post(`${url}/listen`, { username: 'alice', token, port: 1 })).json.code ?? 'listens'

rotation('leaves sessions and invitations be, until they have ended', async (place) => {
  await run(place, 'adduser', 'alice')
  const token = await serving(place, login)
  const { stdout } = await run(place, 'invite', 'dora')
  const [, invitation] = /^dora,([\w-]+),/m.exec(stdout) ?? []
  const [first] = numbers(place)
  const rotated = await run(place, 'rotatekey')
  assert.equal([rotated.exit, rotated.stdout], [0, ''])
  assert.match(
    rotated.stderr,
    /^kdc: a fresh master key is in \S+; 1 older one kept, 0 dropped\nkdc: restart the KDC /,
  )
  const [second, ...older] = numbers(place)
  assert.equal(older, [first])
  assert.is.not(second, first)
  assert.is(statSync(place.keyFile).mode & 0o777, 0o600)

  await serving(place, async (url) => {
    assert.is(await listen(url, token), 'listens')
    await (await register(url, 'dora', PASSWORD, { invitation })).logout()
    // The key of before is not needed for this one.
    assert.is(await listen(url, await login(url)), 'listens')
  })
  // Both are needed: one for the session of before, one for that of today.
  await run(place, 'rotatekey')
  const [third, ...two] = numbers(place)
  assert.equal(two, [second, first])
  await run(place, 'endsessions', '--all')
  await run(place, 'uninvite', '--all')
  const { store } = await openData(place.data)
  await store.invitations.purge(Number.MAX_SAFE_INTEGER, 10)
  await store.close()
  const last = await run(place, 'rotatekey')
  assert.match(last.stderr, '; 1 older one kept, 2 dropped\n')
  assert.equal(numbers(place).slice(1), [third])
})

rotation('keeps the key that a running KDC goes on sealing with', async (place) => {
  await run(place, 'adduser', 'alice')
  const token = await serving(place, async (url) => {
    await run(place, 'rotatekey')
    return login(url)
  })
  await serving(place, async (url) => assert.is(await listen(url, token), 'listens'))
})

rotation('a master key that is lost ends the sessions, and nothing else', async (place) => {
  await run(place, 'adduser', 'alice')
  const token = await serving(place, login)
  rmSync(place.keyFile)
  await serving(place, async (url) => {
    assert.is(await listen(url, token), 'token_unknown')
    assert.is(await listen(url, await login(url)), 'listens')
  })
})

rotation('is for keys in a file that is there, of a KDC that is there', async (place) => {
  const none = await run(place, 'rotatekey')
  assert.is(none.exit, 1)
  assert.match(none.stderr, `kdc: error: there is no master key in ${place.keyFile}\nkdc: hint: `)
  await run(place, 'adduser', 'alice')
  assert.is((await run(place, 'rotatekey')).exit, 1)
  assert.not.ok(existsSync(place.keyFile))

  const file = join(place.home.path, 'other.key')
  const text = loadMasterKeys(file).toText()
  const args = ['rotatekey', '--data', place.data]
  const inEnvironment = { ...environment(place), SYMBOLON_MASTER_KEY: text }
  const refused = await runKdc(args, inEnvironment)
  assert.equal([refused.exit, refused.stdout], [2, ''])
  assert.match(refused.stderr, /^kdc: error: the master key is in SYMBOLON_MASTER_KEY, .*\nkdc: hint: /)
  const named = await runKdc([...args, '--master-key', file], inEnvironment)
  assert.is(named.exit, 0)
  assert.match(readFileSync(file, 'latin1'), text)
  const elsewhere = await runKdc(['rotatekey', '--data', join(place.home.path, 'no'), '--master-key', file])
  assert.match(elsewhere.stderr, /^kdc: error: there is no KDC's data in /)
  assert.is(loadMasterKeys(file).numbers.length, 2)
  assert.equal(readdirSync(place.home.path).sort(), ['kdc', 'other.key'])
})

rotation('knows which keys are in use', async () => {
  const { store, masterKeys, login, time } = await testKdc({ sessionLifetimeSec: 50 })
  assert.is((await numbersInUse(store, START)).size, 0)
  assert.is(await sealedByOthers(store, generateMasterKeys(), START), false)
  await login('alice')
  await login('bob')
  const other = generateMasterKeys()
  await invite({ store, masterKeys: other }, ['dora'], START + 100)
  const [ours, theirs] = [masterKeys.current.number, other.current.number]
  assert.equal(await numbersInUse(store, time.now), new Set([ours, theirs]))
  assert.equal(await numbersInUse(store, START + 50), new Set([theirs]))
  assert.is((await numbersInUse(store, START + 100)).size, 0)
  assert.is(await sealedByOthers(store, masterKeys, START), false)
  assert.is(await sealedByOthers(store, masterKeys, START + 50), true)
})

rotation.run()
