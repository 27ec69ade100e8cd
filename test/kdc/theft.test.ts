/** Somebody takes the KDC's whole data directory, while everybody is logged in. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openData } from '../../src/kdc/data.ts'
import { openStoredToken } from '../../src/kdc/keys/at-rest.ts'
import { loadMasterKeys, MasterKeys } from '../../src/kdc/keys/master-keys.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import { invitationToken } from '../../src/lib/invitation.ts'
import { login } from '../../src/lib/session.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import { rejects } from '../helpers/throws.ts'

const theft = suite('a stolen data directory')

const NOW = () => Math.floor(Date.now() / 1000)

/** Ways in which a secret may be written. */
function writings(secret: Uint8Array): (string | Buffer)[] {
  const buffer = Buffer.from(secret)
  return [buffer, ...(['base64url', 'base64', 'hex'] as const).map((encoding) => buffer.toString(encoding))]
}

/** All 32 bytes in a row of a file of keys, as they are and decoded: whatever might be a key. */
function candidates(file: Buffer): Uint8Array[] {
  const decoded = file
    .toString('latin1')
    .split(/[:\s]/)
    .map((part) => Buffer.from(part, 'base64url'))
  return [file, ...decoded].flatMap((bytes) =>
    Array.from({ length: Math.max(0, bytes.length - 31) }, (_, i) =>
      Uint8Array.from(bytes.subarray(i, i + 32)),
    ),
  )
}

theft('lets nobody log in, speak for anybody, or read anything', async () => {
  const realm = await Realm.start('alice', 'bob')
  try {
    const invitation = await realm.invite('carol', 'kdc')
    const alice = await login(realm.url, 'alice', PASSWORD)
    const bob = await login(realm.url, 'bob', PASSWORD)
    const presence = await bob.listen({ onChannel: () => {} })
    const { secret, ticket } = await alice.userinfo('bob')

    const stolen = join(realm.home, 'stolen')
    cpSync(join(realm.home, 'kdc'), stolen, { recursive: true })
    const names = readdirSync(stolen)
    assert.equal(
      names.filter((name) => !name.startsWith('kdc.sqlite')),
      ['opaque-setup.key'],
    )
    const files = names.map((name) => readFileSync(join(stolen, name)))

    // Everything of the database is there, in its log at least: so the search below looks into the right files.
    assert.ok(files.some((file) => file.includes('alice') && file.includes('127.0.0.1')))
    const masterKey = readFileSync(join(realm.home, 'config', 'symbolon', 'master.key'), 'latin1')
    const secrets: [string, Uint8Array][] = [
      ['the password', Buffer.from(PASSWORD)],
      ['alice’s token', alice.token.reveal()],
      ['bob’s token', bob.token.reveal()],
      ['the secret of a conversation', secret.reveal()],
      ['the ticket', ticket],
      ['the invitation', Buffer.from(invitation, 'base64url')],
      ['what it stands for', invitationToken(invitation).reveal()],
      ['the master key', Buffer.from(masterKey.split(':')[1] ?? '', 'base64url')],
    ]
    for (const [what, value] of secrets) {
      assert.ok(value.length >= 16, what)
      for (const written of writings(value)) {
        assert.not.ok(
          files.some((file) => file.includes(written)),
          what,
        )
      }
    }

    // What is sealed there opens under no key that is there.
    const { store } = await openData(stolen)
    const cutoff = { now: NOW(), idleSince: NOW() - 3600 }
    const [session] = await store.sessions.list('bob', cutoff)
    assert.ok(session)
    const { sid, sealedToken } = session
    const opens = (key: Uint8Array) => {
      const numbered = sealedToken.slice()
      new DataView(numbered.buffer).setUint32(1, new MasterKeys([key]).current.number)
      try {
        return openStoredToken(new MasterKeys([key]), sid, numbered)
      } catch {
        return undefined
      }
    }
    // Under the KDC's own it does: the search below would find a key that fits.
    const genuine = loadMasterKeys(join(realm.home, 'config', 'symbolon', 'master.key')).current
    assert.equal(opens(genuine.bytes)?.reveal(), bob.token.reveal())
    const keys = candidates(readFileSync(join(stolen, 'opaque-setup.key')))
    assert.ok(keys.length > 50)
    assert.equal(
      keys.filter((key) => opens(key) !== undefined),
      [],
    )
    const record = (await store.accounts.find('alice'))?.record ?? ''
    await store.close()

    // A KDC that is started on it is the same to look at, and knows none of those who were logged in.
    const config = join(realm.home, 'thief')
    const thief = realm.runWith(
      { XDG_CONFIG_HOME: config },
      'src/kdc/main.ts',
      '--port',
      '0',
      '--data',
      stolen,
    )
    const url = await thief.says('stderr', /listening on (http:\S+)/)
    await refused(url, alice.token, 'alice')
    await refused(url, bob.token, 'bob')
    for (const guess of [record, record.slice(0, 43), 'alice']) {
      await rejects(login(url, 'alice', guess), 'login_refused')
    }
    // With the password it goes: the refusals above are for want of it.
    await (await login(url, 'alice', PASSWORD)).logout()

    // And the genuine KDC is as it was.
    assert.ok((await alice.userinfo('bob')).ticket.length > 0)
    await presence.close()
    await alice.logout()
  } finally {
    await realm.close()
  }
})

async function refused(url: string, token: Secret, username: string): Promise<void> {
  const response = await fetch(`${url}/userinfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, token: token.toText(), receiver: 'bob' }),
  })
  assert.is(response.status, 401)
  assert.is(((await response.json()) as { code: string }).code, 'token_unknown')
}

theft.run()
