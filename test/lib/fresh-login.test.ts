/** What takes a login of the last five minutes, in a session that is older. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startTestRealm } from '../../src/kdc/test-realm.ts'
import { httpLink } from '../../src/lib/kdc-link/http.ts'
import { readIdentities } from '../../src/lib/mls/kdc-answers.ts'
import { memoryStateStore } from '../../src/lib/mls/state-store.ts'
import type { Login } from '../../src/lib/renewable-login.ts'
import { login } from '../../src/lib/session.ts'
import { rejects } from '../helpers/throws.ts'
import { NOW } from '../helpers/tickets.ts'

const test = suite('a fresh login')

/** Bob's session of six minutes ago, whose state is new: the KDC knows another key of his. */
async function oldSession(options: { kept?: boolean; freshPassword?: () => string } = {}) {
  const time = { now: NOW }
  const realm = await startTestRealm({ accounts: ['alice', 'bob'], clock: () => time.now })
  const alice = await realm.login('alice')
  const before = await realm.login('bob')
  await before.mailbox.use(async () => {})
  await before.logout()
  const { kept, freshPassword } = options
  const own = await login(realm.url, 'bob', realm.passwords.bob, { clock: () => time.now })
  const { token, exportKey, kdcKey, expiresAt } = own
  const given = (): Login => ({ token, exportKey, kdcKey, expiresAt })
  const asked: string[] = []
  let onAnswer = (_path: string) => {}
  const real = await httpLink(realm.url)
  const link = {
    post: async (path: string, type: string, body: Uint8Array) => {
      asked.push(path)
      const answer = await real.post(path, type, body)
      onAnswer(path)
      return answer
    },
    close: () => real.close(),
  }
  const source = kept ? given : realm.passwords.bob
  const state = memoryStateStore()
  const more = { link, state, clock: () => time.now, ...(freshPassword && { freshPassword }) }
  const session = await login(realm.url, 'bob', source, more)
  time.now += 301
  const key = async () => {
    const { identities } = readIdentities(await alice.request('/identity/find', { usernames: ['bob'] }))
    return Buffer.from(identities[0]?.signature_key ?? []).toString('hex')
  }
  return {
    realm,
    time,
    session,
    asked,
    key,
    failAfter: (path: string) => {
      onAnswer = (answered) => {
        if (answered !== path) return
        onAnswer = () => {}
        throw new Error('the answer was lost')
      }
    },
  }
}

test('is one of its own, which ends with the answer: the session stays as it is', async () => {
  const { realm, session, asked, key } = await oldSession()
  const [before, { token }] = [await key(), session]
  const sessions = async () => (await session.sessions()).length
  const count = await sessions()
  asked.length = 0
  await session.mailbox.use(async () => {})
  assert.not.equal(await key(), before)
  assert.is(session.token, token)
  assert.is(await sessions(), count)
  assert.equal(asked.slice(0, 5), [
    '/identity/put',
    '/login/start',
    '/login/finish',
    '/identity/put',
    '/logout',
  ])
  assert.is(asked.filter((path) => path.startsWith('/login')).length, 2, 'one login for all of it')
  await realm.close()
})

for (const lost of ['/identity/put', '/login/finish', '/logout']) {
  test(`the answer to ${lost} is lost: the key is put with the next that is done`, async () => {
    const { realm, session, key, failAfter } = await oldSession()
    const before = await key()
    let failed = false
    failAfter(lost)
    await session.mailbox
      .use(async () => {})
      .catch(() => {
        failed = true
      })
    assert.is(failed, lost !== '/logout')
    await session.mailbox.use(async () => {})
    assert.not.equal(await key(), before)
    await realm.close()
  })
}

test('a session without a password is refused, and the key of before stays', async () => {
  const { realm, session, key } = await oldSession({ kept: true })
  const before = await key()
  await rejects(
    session.mailbox.use(async () => {}),
    'login_stale',
  )
  assert.is(await key(), before)
  await realm.close()
})

test('unless it is given one, which has to be right', async () => {
  let password = 'a guess'
  const { realm, session, key } = await oldSession({ kept: true, freshPassword: () => password })
  const before = await key()
  await rejects(
    session.mailbox.use(async () => {}),
    'login_refused',
  )
  assert.is(await key(), before)
  // As of any login that was refused: not again at once.
  password = realm.passwords.bob
  await rejects(
    session.mailbox.use(async () => {}),
    'login_refused',
  )
  await realm.close()
  const again = await oldSession({ kept: true, freshPassword: () => again.realm.passwords.bob })
  const theirs = await again.key()
  await again.session.mailbox.use(async () => {})
  assert.not.equal(await again.key(), theirs)
  await again.realm.close()
})

test('what else is refused as stale is not asked in another login', async () => {
  const { realm, session, asked } = await oldSession()
  asked.length = 0
  await rejects(session.endSessions(), 'login_stale')
  assert.equal(asked, ['/sessions/end'])
  await realm.close()
})

test.run()
