import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { generateOpaqueKeys } from '../../../src/kdc/keys/opaque-keys.ts'
import { createPasswordChecker } from '../../../src/kdc/passwords/passwords.ts'
import { PASSWORD, testKdc } from '../../helpers/kdc.ts'
import { rejects } from '../../helpers/throws.ts'

const passwords = suite('passwords')

const { setup } = await generateOpaqueKeys()
const checker = createPasswordChecker(setup, { workers: 1 })
const record = await checker.register('alice', PASSWORD)
passwords.after(() => checker.close())

passwords('a password is checked against its record', async () => {
  assert.is(await checker.check('alice', PASSWORD, record), true)
  for (const wrong of ['', 'Correct horse', `${PASSWORD} `, PASSWORD.slice(1)]) {
    assert.is(await checker.check('alice', wrong, record), false)
  }
})

passwords('a record is good for its own name only', async () => {
  assert.is(await checker.check('bob', PASSWORD, record), false)
})

passwords('without a record no password is right', async () => {
  assert.is(await checker.check('alice', PASSWORD, null), false)
})

passwords('a record is good at its own KDC only', async () => {
  const other = createPasswordChecker((await generateOpaqueKeys()).setup, { workers: 1 })
  assert.is(await other.check('alice', PASSWORD, record), false)
  await other.close()
})

passwords('the same letters are the same password, however they are composed', async () => {
  const umlaut = await checker.register('bob', 'grün'.normalize('NFD'))
  assert.is(await checker.check('bob', 'grün'.normalize('NFC'), umlaut), true)
})

passwords('the KDC goes on answering while one is checked', async () => {
  const kdc = await testKdc({ passwords: checker })
  await kdc.store.accounts.create({
    username: 'dora',
    record: await checker.register('dora', PASSWORD),
    createdAt: 0,
  })
  const order: string[] = []
  // As if the login had got as far as the password: on one thread, the answer would be there before the next line.
  const check = checker.check('dora', PASSWORD, record).then(() => order.push('checked'))
  const login = kdc.login('dora').then((token) => order.push(token.length === 43 ? 'logged in' : 'refused'))
  for (let i = 0; i < 3; i++) {
    assert.is((await kdc.request('/healthz')).status, 200)
    order.push('healthy')
  }
  await Promise.all([check, login])
  assert.equal(order, ['healthy', 'healthy', 'healthy', 'checked', 'logged in'])
})

passwords('what is refused and why is the same for a wrong password and an unknown name', async () => {
  const kdc = await testKdc({ passwords: checker })
  await kdc.store.accounts.replaceRecord('alice', record)
  const right = await kdc.post('/login', { username: 'alice', password: PASSWORD })
  const wrong = await kdc.post('/login', { username: 'alice', password: 'wrong' })
  const unknown = await kdc.post('/login', { username: 'nobody', password: PASSWORD })
  assert.equal([right.status, wrong.status], [200, 401])
  assert.is(wrong.text, unknown.text)
})

passwords('more than can wait are refused, and those who wait are served', async () => {
  const small = createPasswordChecker(setup, { workers: 1, maxWaiting: 2 })
  const [working, ...waiting] = [1, 2, 3].map(() => small.check('alice', PASSWORD, record))
  await rejects(small.check('alice', PASSWORD, record), 'kdc_busy')
  assert.is(await working, true)
  assert.equal(await Promise.all(waiting), [true, true])
  assert.is(await small.check('alice', PASSWORD, record), true)
  await small.close()
})

passwords('a damaged record is an error that says nothing of the password', async () => {
  try {
    await checker.check('alice', PASSWORD, record.slice(4))
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, 'OPAQUE')
    assert.not.match(String((error as Error).stack), PASSWORD)
  }
  assert.is(await checker.check('alice', PASSWORD, record), true)
})

passwords('closing refuses what was not done', async () => {
  const closing = createPasswordChecker(setup, { workers: 1 })
  const jobs = Promise.allSettled([1, 2].map(() => closing.check('alice', PASSWORD, record)))
  await closing.close()
  assert.equal(
    (await jobs).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await rejects(closing.check('alice', PASSWORD, record), 'kdc_busy')
})

passwords.run()
