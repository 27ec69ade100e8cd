/** docs/protocol.md against the code: what is in its tables is what holds, and all of it. */

import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as v from 'valibot'
import { CHANGES, IDENTITIES, REMEMBER_SEC, REQUEST_IDS, TAKES } from '../../src/kdc/accept-once.ts'
import { BEAT_MS, MAX_STREAMS } from '../../src/kdc/events/mailbox-subscribers.ts'
import { FREEING, MAX_MEMBERS, MAX_PACKAGES } from '../../src/kdc/groups/quotas.ts'
import {
  MAX_INFO_BYTES,
  MAX_NAMES,
  MAX_PACKAGE_BYTES,
  SEALED_CHUNK_BYTES,
} from '../../src/kdc/http/fields.ts'
import { MAX_REQUEST_BYTES } from '../../src/kdc/http/request.ts'
import { Envelope } from '../../src/kdc/http/sealed-request.ts'
import {
  KEEP_SEC,
  SESSION_IDLE_SEC,
  SESSION_LIFETIME_SEC,
  TICKET_LIFETIME_SEC,
} from '../../src/kdc/lifetimes.ts'
import { Claim, FRESH_LOGIN_SEC } from '../../src/kdc/logins/authenticate.ts'
import { LOGIN_STATE_LIFETIME_SEC } from '../../src/kdc/logins/login-state.ts'
import { RECORD_BYTES, REQUEST_BYTES } from '../../src/kdc/logins/registration.ts'
import { PROBLEM_TYPES } from '../../src/kdc/problems.ts'
import * as files from '../../src/kdc/routes/files.ts'
import * as groups from '../../src/kdc/routes/groups.ts'
import * as identity from '../../src/kdc/routes/identity.ts'
import * as login from '../../src/kdc/routes/login.ts'
import * as mailbox from '../../src/kdc/routes/mailbox.ts'
import * as register from '../../src/kdc/routes/register.ts'
import { EndRequest, ListenRequest } from '../../src/kdc/routes/sessions.ts'
import { UserinfoRequest } from '../../src/kdc/routes/userinfo.ts'
import { MAX_EARLIER, KEEP_SEC as PACKAGE_KEEP_SEC } from '../../src/kdc/store/identities.ts'
import { QUOTAS } from '../../src/kdc/store/quotas.ts'
import { MAX_SESSIONS } from '../../src/kdc/store/sessions.ts'
import { CONNECTION_LIMITS, READ_LIMITS } from '../../src/kdc/traffic/limits.ts'
import { HANDSHAKE_TIMEOUT_MS, NOISE_MESSAGE_BYTES } from '../../src/lib/channel/handshake.ts'
import * as listen from '../../src/lib/channel/listen.ts'
import { MAX_MESSAGE_BYTES } from '../../src/lib/channel/message.ts'
import { CLOSE_TIMEOUT_MS } from '../../src/lib/channel/options.ts'
import { MAX_RECORD_BODY_BYTES, MIN_FRAME_BYTES, RECORD_TYPES } from '../../src/lib/channel/records.ts'
import { REKEY_INTERVAL } from '../../src/lib/channel/rekey.ts'
import { STALL_TIMEOUT_MS } from '../../src/lib/channel/wire.ts'
import { TAG_BYTES } from '../../src/lib/crypto/aead.ts'
import { KEY_BYTES } from '../../src/lib/crypto/secret.ts'
import { ERROR_CODES, ProtocolError } from '../../src/lib/errors.ts'
import { LEASE_SEC } from '../../src/lib/fields.ts'
import { EVENT_BYTES } from '../../src/lib/kdc-link/exchange.ts'
import { maxRequestBytes, mayBeSaid } from '../../src/lib/kdc-link/routes.ts'
import { isBreaking } from '../../src/lib/mls/entries/apply-context.ts'
import { CHUNK_BYTES, MAX_NAME_BYTES, NoteSchema } from '../../src/lib/mls/files.ts'
import { MAX_PAGES } from '../../src/lib/mls/kdc-answers.ts'
import { BACKDATED_SEC, LIFETIME_SEC, MAX_TAKES } from '../../src/lib/mls/keys/key-packages.ts'
import { Header, MAX_BODY_BYTES as MAX_PAYLOAD_BYTES } from '../../src/lib/mls/payload.ts'
import { CLIENT_CONFIG } from '../../src/lib/mls/rfc9420/suite.ts'
import { GroupDescriptorSchema } from '../../src/lib/mls/rfc9420/welcome.ts'
import { REMEMBERED } from '../../src/lib/mls/state/chain.ts'
import { KEYS } from '../../src/lib/mls/state/framing.ts'
import * as publisher from '../../src/lib/mls/sync/key-package-publisher.ts'
import { MAX_ENTRIES } from '../../src/lib/mls/sync/pull.ts'
import { MAX_TRIES } from '../../src/lib/mls/sync/submit-change.ts'
import { USERNAME } from '../../src/lib/names.ts'
import { MAX_NOISE_MESSAGE_BYTES } from '../../src/lib/noise.ts'
import * as opaque from '../../src/lib/opaque.ts'
import { LOOK_SEC, LOOKS_AT_ONCE, MAX_AGE_MS } from '../../src/lib/pacing/poll-pace.ts'
import { MAX_CLOCK_OFFSET_SEC, ReplyJson } from '../../src/lib/sealed.ts'
import {
  CLOCK_SKEW_SEC,
  MAX_TICKET_BYTES,
  MIN_TICKET_BYTES,
  SESSION_ID_BYTES,
  TicketJson,
} from '../../src/lib/ticket.ts'
import * as frames from '../../src/lib/transfer/frames.ts'
import { DEFAULT_LIMITS } from '../../src/lib/transfer/receive.ts'
import { MAX_UNDER_WAY } from '../../src/lib/transfer/send.ts'
import { PASSWORD, START } from '../helpers/kdc.ts'
import { bytes, classKdc, commit, makeGroup, newId, principal } from '../helpers/kdc-principals.ts'
import {
  type Fields,
  fieldsIn,
  fieldsOf,
  merged,
  namesIn,
  quantitiesIn,
  readDocument,
  routesIn,
  tablesWith,
} from './documents.ts'

const PROTOCOL = readDocument('protocol.md')
const ROUTES = routesIn(PROTOCOL)
const CODES: readonly string[] = [...ERROR_CODES.protocol, ...ERROR_CODES.transport]
const test = suite('protocol.md')

/** The files that may cite a section. */
const citing = (): URL[] =>
  ['src', 'test', 'docs', 'exercises', 'bench'].flatMap((folder) => {
    const root = new URL(`../../${folder}/`, import.meta.url)
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|md|py)$/.test(name) && !name.includes('node_modules'))
      .map((name) => new URL(name.replaceAll('\\', '/'), root))
  })

/** The names in the first column of a section's table of fields. */
const fieldNames = (section: string): string[] =>
  tablesWith(PROTOCOL, 'field', '')
    .filter((table) => table.section === section)
    .flatMap(({ rows }) => rows.flatMap(([name]) => namesIn(name)))
    .sort()

const EMPTY_REQUEST = v.object({})
const REQUESTS: Record<string, v.GenericSchema> = {
  '/login': login.LoginRequest,
  '/userinfo': UserinfoRequest,
  '/listen': ListenRequest,
  '/logout': EMPTY_REQUEST,
  '/login/start': login.StartRequest,
  '/login/finish': login.FinishRequest,
  '/register/start': register.StartRequest,
  '/register/finish': register.FinishRequest,
  '/password/start': register.StartPasswordRequest,
  '/password/finish': register.FinishPasswordRequest,
  '/sessions': EMPTY_REQUEST,
  '/sessions/end': EndRequest,
  '/identity/put': identity.PutIdentityRequest,
  '/identity/find': identity.FindIdentitiesRequest,
  '/key-packages/put': identity.PutPackagesRequest,
  '/key-packages/count': EMPTY_REQUEST,
  '/key-packages/take': identity.TakePackagesRequest,
  '/groups/create': groups.CreateRequest,
  '/groups/list': groups.ListRequest,
  '/groups/info': groups.InfoRequest,
  '/groups/commit': groups.CommitRequest,
  '/groups/send': groups.SendRequest,
  '/groups/leave': groups.LeaveRequest,
  '/groups/destroy': groups.DestroyRequest,
  '/mailbox': mailbox.PageRequest,
  '/mailbox/ack': mailbox.AckRequest,
  '/mailbox/wait': mailbox.WaitRequest,
  '/users/online': mailbox.OnlineRequest,
  '/files/begin': files.BeginRequest,
  '/files/put': files.PutRequest,
  '/files/get': files.GetRequest,
  '/files/drop': files.DropRequest,
}

test('requests have the fields of their schemas', () => {
  for (const { path, request } of ROUTES) assert.equal(request, fieldsOf(REQUESTS[path] ?? v.never()), path)
  assert.equal(ROUTES.map(({ path }) => path).sort(), Object.keys(REQUESTS).sort())
  // Of a plain request of a session.
  assert.match(PROTOCOL, /two more fields, `username` and\s`token`/)
  assert.equal(fieldsOf(Claim), ['token', 'username'])
  assert.equal(fieldNames('3.7'), fieldsOf(Envelope))
  assert.equal(fieldNames('4.1'), fieldsOf(TicketJson))
  assert.equal(fieldsIn(/plaintext = JSON, UTF-8: (\{.*\})/.exec(PROTOCOL)?.[1] ?? ''), fieldsOf(TicketJson))
  assert.equal(fieldsIn(/The reply's JSON is `(\{.*?\})`/.exec(PROTOCOL)?.[1] ?? ''), fieldsOf(ReplyJson))
})

/** What the KDC has answered: the fields that each answer of a path had, and each of the objects in its lists. */
function recorder() {
  const objects = new Map<string, Fields[]>()
  const note = (name: string, body: object) => {
    objects.set(name, [...(objects.get(name) ?? []), Object.keys(body).sort()])
    for (const [key, value] of Object.entries(body)) {
      const inner = Array.isArray(value) ? value : [value]
      for (const one of inner) if (typeof one === 'object' && one !== null) note(key, one)
    }
  }
  return { note, fields: (name: string): Fields => merged(objects.get(name) ?? []) }
}

test('answers have the fields that the KDC gives, and no others', async () => {
  const kdc = await classKdc(['alice', 'bob', 'carol'], { registration: 'open' })
  const { note, fields } = recorder()
  const plain = async (path: string, body: object) => {
    const { status, json } = await kdc.post(path, body)
    assert.is(status, 200, `${path} ${JSON.stringify(json)}`)
    note(path, json)
    return json
  }
  type Asker = Awaited<ReturnType<typeof principal>>
  const ask = async (who: Asker, path: string, body: object = {}) => {
    const answer = await who.ask(path, body)
    assert.is(answer.status, 200, `${path} ${JSON.stringify(answer.body)}`)
    note(path, answer.body)
    return answer.body
  }
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(kdc.who) as [Asker, Asker, Asker]

  // Accounts and sessions.
  const { token } = await plain('/login', { username: 'bob', password: PASSWORD, port: 4711 })
  await plain('/listen', { username: 'bob', token, port: 4712 })
  await plain('/userinfo', { username: 'bob', token, receiver: 'bob' })
  await plain('/sessions', { username: 'bob', token })
  await ask(bob, '/listen', { port: 4713, lease: 60, since: START })
  const registration = await opaque.startRegistration(PASSWORD)
  const offered = await plain('/register/start', { username: 'dora', request: registration.request })
  const made = await opaque.finishRegistration('dora', PASSWORD, registration.state, offered.response)
  await plain('/register/finish', { username: 'dora', record: made.record })
  const login = await opaque.startLogin(PASSWORD)
  const begun = await plain('/login/start', { username: 'dora', request: login.request })
  const proved = await opaque.finishLogin('dora', PASSWORD, login.state, begun.response)
  await plain('/login/finish', { username: 'dora', state: begun.state, finish: proved.finish })
  const session = { ...kdc, login: async () => proved.token.toText() }
  const dora = await principal(session, 'dora')
  const change = await opaque.startRegistration('another')
  const changed = await ask(dora, '/password/start', { request: change.request })
  const { record } = await opaque.finishRegistration('dora', 'another', change.state, changed.response)
  await ask(dora, '/password/finish', { record })
  await ask(dora, '/sessions/end')
  await ask(dora, '/logout')

  // Identities and key packages.
  for (const fill of [1, 2]) await ask(alice, '/identity/put', { signature_key: bytes(32, fill) })
  await ask(alice, '/identity/find', { usernames: ['alice', 'bob'] })
  await ask(alice, '/key-packages/put', { packages: [bytes(9)], last_resort: bytes(8) })
  await ask(alice, '/key-packages/count')
  await ask(bob, '/key-packages/take', { usernames: ['alice', 'bob'] })

  // Groups, with and without a name; entries of every kind, as a member and a newcomer see them.
  const direct = { group: newId(), kind: 'direct', members: ['bob'], commit: bytes(3), welcome: bytes(4) }
  await ask(alice, '/groups/create', { ...direct, group_info: bytes(5) })
  const named = await makeGroup(alice, ['bob'], 'team')
  await ask(alice, '/groups/commit', commit(named, 1, { added: ['carol'] }))
  await ask(bob, '/groups/send', { group: named, epoch: 2, message: bytes(6) })
  await ask(carol, '/groups/leave', { group: named, epoch: 2, proposal: bytes(7) })
  for (const group of [named, direct.group]) await ask(alice, '/groups/info', { group })
  await ask(alice, '/groups/list')
  const file = newId()
  await ask(bob, '/files/begin', { file, group: named, bytes: 17 })
  await ask(bob, '/files/put', { file, index: 0, chunk: bytes(17) })
  await ask(alice, '/files/get', { file, index: 0 })
  await ask(bob, '/files/drop', { file })
  await ask(alice, '/groups/destroy', { group: named })
  for (const who of [alice, carol]) await ask(who, '/mailbox', { after: 0 })
  await ask(alice, '/mailbox/ack', { position: 1 })
  await ask(alice, '/users/online', { usernames: ['bob'] })
  const stream = await alice.open('/mailbox/wait', { after: 0 })
  assert.is(stream.headers.get('Content-Type'), 'text/event-stream')
  await stream.body?.cancel()

  for (const { path, reply } of ROUTES) if (reply) assert.equal(reply, fields(path), path)
  const lists = tablesWith(PROTOCOL, 'list', 'each has').flatMap(({ rows }) => rows)
  assert.equal(lists.length, 9)
  for (const [cell, has = ''] of lists) {
    const [list = ''] = namesIn(cell)
    const documented = [...has.matchAll(/`(\w+)`( \(optional\))?/g)].map(
      ([, name = '', optional]) => name + (optional ? '?' : ''),
    )
    assert.equal(documented.sort(), fields(list), list)
  }
})

test('a table of fields names no field that nothing has', () => {
  const sections = new Set(ROUTES.map(({ section }) => section).filter((section) => section.startsWith('7')))
  for (const section of sections) {
    const lists = tablesWith(PROTOCOL, 'list', 'each has').filter((table) => table.section === section)
    const has = [
      ...ROUTES.filter((route) => route.section === section).flatMap(({ request, reply = [] }) => [
        ...request,
        ...reply,
      ]),
      ...lists.flatMap(({ rows }) => rows.flatMap((row) => row.flatMap(namesIn))),
    ].map((field) => field.replace('?', ''))
    assert.equal(
      fieldNames(section).filter((name) => !has.includes(name)),
      [],
      section,
    )
  }
})

test('problems have the codes and statuses of the KDC', () => {
  const rows = tablesWith(PROTOCOL, 'status', 'code', 'when').flatMap((table) => table.rows)
  const documented = rows.map(([status, code]) => `${namesIn(code)} ${status}`)
  const known = Object.entries(PROBLEM_TYPES).map(([code, { status }]) => `${code} ${status}`)
  assert.equal(documented.sort(), known.sort())
})

test('a client believes of each route the codes that are documented', () => {
  const [table] = tablesWith(PROTOCOL, 'requests', 'codes')
  const isMeant = (pattern: string, path: string) =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
  for (const { path } of ROUTES) {
    const rows = table?.rows.filter(
      ([patterns = '']) => patterns === 'all' || namesIn(patterns).some((pattern) => isMeant(pattern, path)),
    )
    const documented = rows?.flatMap(([, codes]) => namesIn(codes)) ?? []
    assert.equal(documented.sort(), CODES.filter((code) => mayBeSaid(path, code)).sort(), path)
  }
})

test('requests are as long as is documented', () => {
  const [table] = tablesWith(PROTOCOL, 'requests', 'longest body, seal included')
  const rows = table?.rows ?? []
  const others = rows.find(([paths]) => paths === 'all others')
  for (const { path } of ROUTES) {
    const row = rows.find(([paths]) => namesIn(paths).includes(path)) ?? others
    assert.equal(quantitiesIn(row?.[1]), [maxRequestBytes(path)], path)
  }
  const named = rows.flatMap(([paths]) => namesIn(paths))
  assert.equal(
    named.filter((path) => REQUESTS[path] === undefined),
    [],
  )
})

test('of each request about what is stored it is said what its repetition does', () => {
  const [table] = tablesWith(PROTOCOL, 'request', 'the KDC')
  const documented = table?.rows
    .filter(([paths = '']) => !paths.startsWith('of these'))
    .flatMap(([paths]) => namesIn(paths))
  const stored = ROUTES.filter(({ section }) => section.startsWith('7')).map(({ path }) => path)
  assert.equal(documented?.sort(), stored.sort())
})

test('keys and ids have the lengths that are documented', () => {
  const [table] = tablesWith(PROTOCOL, 'name', 'what it is', 'bytes')
  assert.equal(
    Object.fromEntries(table?.rows.map(([name, , length]) => [namesIn(name)[0], quantitiesIn(length)]) ?? []),
    {
      token: [KEY_BYTES],
      sid: [SESSION_ID_BYTES],
      secret: [KEY_BYTES],
      senderinfo: [MIN_TICKET_BYTES, MAX_TICKET_BYTES],
    },
  )
})

test('records and frames have the types that are documented', () => {
  const typesIn = (...head: string[]) =>
    Object.fromEntries(
      tablesWith(PROTOCOL, ...head).flatMap(({ rows }) =>
        rows.map(([type, name = '']) => [name, Number(namesIn(type)[0])]),
      ),
    )
  assert.equal(typesIn('type', 'name', 'body'), { ...RECORD_TYPES })
  assert.equal(typesIn('type', 'name', 'from', 'body'), { ...frames.FRAME_TYPES })
})

test('frames and items have the fields of their schemas', () => {
  const { begin, start, end, code, ready, empty, item } = frames.BODIES
  const bodies: Record<string, v.GenericSchema> = {
    ...{ begin, start, end, ready, cancel: code, refused: code, close: empty, done: empty, saved: empty },
  }
  const [table] = tablesWith(PROTOCOL, 'type', 'name', 'from', 'body')
  for (const [type, name = '', from, body] of table?.rows ?? []) {
    assert.is(from, Number(namesIn(type)[0]) < 0x10 ? 'sender' : 'receiver', name)
    if (name === 'data') assert.is(body, 'bytes')
    else if (name === 'item') assert.is(body, '§8.1')
    else assert.equal(fieldsIn(namesIn(body)[0] ?? ''), fieldsOf(bodies[name] ?? v.never()), name)
  }
  const all = [begin, start, end, code, ready].flatMap(fieldsOf).map((field) => field.replace('?', ''))
  assert.equal(fieldNames('8'), [...new Set(all)].sort())
  const [items] = tablesWith(PROTOCOL, 'an item that is', 'has')
  assert.equal(
    items?.rows.map(([, has]) => fieldsIn(namesIn(has)[0] ?? '')),
    item.options.map(fieldsOf),
  )
  const inItems = item.options
    .flatMap((option) => Object.keys(option.entries))
    .filter((name) => name !== 'kind')
  assert.equal(fieldNames('8.1'), [...new Set(inItems)].sort())
})

test('what is encrypted for a group has the fields of its schemas', () => {
  const [descriptor] = tablesWith(PROTOCOL, 'a group that is', 'has')
  const has = descriptor?.rows.map(([, fields]) => fieldsIn(namesIn(fields)[0] ?? ''))
  assert.equal(has, GroupDescriptorSchema.options.map(fieldsOf))
  assert.equal(fieldsIn(/^header = JSON (\{.*\})/m.exec(PROTOCOL)?.[1] ?? ''), fieldsOf(Header))
  assert.equal(fieldNames('7.6'), ['admin', 'kind', 'name', 'own', 'sent_at'])
  const note = fieldsOf(NoteSchema)
  assert.equal(fieldsIn(/^\{"file",.*\}$/m.exec(PROTOCOL)?.[0] ?? ''), note)
  assert.equal(fieldNames('7.7'), note.map((field) => field.replace('?', '')).sort())
})

test('a client keeps its state under the keys that are documented', () => {
  const [table] = tablesWith(PROTOCOL, 'key', 'what')
  const documented = table?.rows.flatMap(([keys]) => namesIn(keys)) ?? []
  const part = (key: string) => key.split('/')[0] ?? ''
  const keys = Object.values(KEYS).map((key) =>
    typeof key === 'string' ? key : (key as (of: string) => string)('x'),
  )
  assert.equal(documented.map(part).sort(), [...new Set(keys.map(part))].sort())
})

test('the codes of the checks of a client are those that break a group', () => {
  const rows = tablesWith(PROTOCOL, 'of', 'what', 'code').flatMap((table) => table.rows)
  const documented = new Set(rows.flatMap(([, , code]) => namesIn(code)))
  // What aborts a change, and breaks nothing.
  documented.delete('receiver_unknown')
  const breaking = ERROR_CODES.protocol.filter((code) => isBreaking(new ProtocolError(code, '')))
  assert.equal([...documented].sort(), [...breaking].sort())
})

test('the codes of an abort are those that are said, and all of them', () => {
  const [row] = tablesWith(PROTOCOL, 'type', 'name', 'body').flatMap(({ rows }) =>
    rows.filter(([, name]) => name === 'abort'),
  )
  const documented = namesIn(row?.[2]).filter((name) => /^[a-z_]{4,}$/.test(name))
  const sources = citing().filter(({ pathname }) => /\/src\/(lib|cli)\//.test(pathname))
  const said = sources.flatMap((file) => {
    const calls = readFileSync(file, 'utf8').matchAll(/(?:\bdestroy|#abort|#ends\.abort)\(\s*([^()]*)/g)
    return [...calls].flatMap(([, call = '']) =>
      [...call.matchAll(/'([a-z_]+)'/g)].map(([, code = '']) => code),
    )
  })
  // What a side refuses is said by the code of the error: channel.test.ts.
  const refused = ['malformed', 'message_too_large']
  assert.equal([...documented].sort(), [...new Set([...said, ...refused])].sort())
})

test('the codes of a transfer are those that are used', () => {
  const rows = tablesWith(PROTOCOL, 'code', 'said by', 'when').flatMap((table) => table.rows)
  const codes = rows.flatMap(([code]) => namesIn(code))
  assert.ok(codes.length > 5)
  const documented = [...readDocument('errors.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code)
  assert.equal(
    codes.filter((code) => !documented.includes(code)),
    [],
  )
  for (const code of codes) assert.ok(v.is(frames.BODIES.code, { code }), code)
})

/** The greatest number that is accepted, of those up to 2000. */
function most(accepts: (count: number) => boolean): number {
  let count = 0
  for (let tried = 1; tried <= 2000; tried++) if (accepts(tried)) count = tried
  return count
}

const a = (count: number) => 'a'.repeat(count)

/** By section, the rows of tables `what | limit` and `what | limit here`; in bytes, seconds or pieces. */
const EXPECTED: Record<string, Record<string, number[]>> = {
  '3.12': {
    'request body; those of §7 may have more': [MAX_REQUEST_BYTES],
    'headers of a request': [CONNECTION_LIMITS.maxHeaderBytes],
    password: [1, opaque.MAX_PASSWORD_BYTES],
    username: [1, most((count) => USERNAME.test(a(count)))],
    "clock of a sealed request, off the KDC's": [MAX_CLOCK_OFFSET_SEC],
    'login before a change of password or of the signature key, or the end of other sessions': [
      FRESH_LOGIN_SEC,
    ],
    '`lease` of `/listen`': [LEASE_SEC.least, LEASE_SEC.most],
    '`state` of `/login/start`': [LOGIN_STATE_LIFETIME_SEC],
    '`request`, `response` and `finish` of §3.6': [login.KE1_BYTES, opaque.KE2_BYTES, login.KE3_BYTES],
    '`request`, `response` and `record` of §3.8': [
      REQUEST_BYTES,
      opaque.REGISTRATION_RESPONSE_BYTES,
      RECORD_BYTES,
    ],
    'from connection to the whole request': [CONNECTION_LIMITS.requestTimeoutMs / 1000],
    session: [SESSION_LIFETIME_SEC],
    'session that is not used': [SESSION_IDLE_SEC],
    'sessions of one principal': [MAX_SESSIONS],
    'ticket, from `issued_at` to `expires_at`': [TICKET_LIFETIME_SEC],
  },
  '5.7': {
    ticket: [MIN_TICKET_BYTES, MAX_TICKET_BYTES],
    'Noise message 1 and 2': [NOISE_MESSAGE_BYTES],
    'transport message': [MIN_FRAME_BYTES, MAX_NOISE_MESSAGE_BYTES],
    'transport messages between rekeys': [REKEY_INTERVAL],
    'body of a record': [MAX_RECORD_BODY_BYTES],
    'message, all parts together': [MAX_MESSAGE_BYTES],
    'clocks of KDC and receiver apart (§4.3)': [CLOCK_SKEW_SEC],
    'from connection to the end of the handshake': [HANDSHAKE_TIMEOUT_MS / 1000],
    'from the first byte of a frame to its last': [STALL_TIMEOUT_MS / 1000],
    'handshakes under way at one receiver': [listen.MAX_HANDSHAKES],
    'of these, from one address (loopback excepted)': [listen.MAX_HANDSHAKES_PER_ADDRESS],
    'channels open at one receiver': [listen.MAX_CHANNELS],
    'of these, from one sender': [listen.MAX_CHANNELS_PER_SENDER],
    "after `end`, until the peer's": [CLOSE_TIMEOUT_MS / 1000],
  },
  '7.1': {
    'usernames in one request': [MAX_NAMES],
    'key package': [1, MAX_PACKAGE_BYTES],
    'key packages in one request': [identity.MAX_AT_ONCE],
    'one-time packages stored': [MAX_PACKAGES],
    'one-time package, from put until it is dropped': [PACKAGE_KEEP_SEC],
    '`earlier`': [MAX_EARLIER],
  },
  '7.2': { 'members of a group': [MAX_MEMBERS], '`group_info`': [1, MAX_INFO_BYTES] },
  '7.3': {
    '`limit`': [1, mailbox.MAX_PAGE],
    '`payload` and `welcome` in one answer': [mailbox.MAX_PAGE_BYTES],
    'usernames in one answer of `/users/online`': [MAX_NAMES],
    'streams of one principal at one node': [MAX_STREAMS],
    'silence on a stream': [BEAT_MS / 1000],
    'answers to one `id` of a request that only reads (§7)': [READ_LIMITS.answersOfOneId],
    'a refusal is repeated (§7)': [REMEMBER_SEC],
    'entries and files are kept': [KEEP_SEC],
    'entries of one sender that are not acknowledged by all': [QUOTAS.senderEntries],
    'bytes of these': [QUOTAS.senderBytes],
    'entries of one group': [QUOTAS.groupEntries],
    "entries of one receiver's direct groups": [QUOTAS.receiverEntries],
    'bytes of these, of one receiver': [QUOTAS.receiverBytes],
    'share of one sender, always: entries': [QUOTAS.shareEntries],
    'share of one sender, always: bytes': [QUOTAS.shareBytes],
    'groups made by one principal': [QUOTAS.groups],
    'members of these together': [QUOTAS.memberships],
    'bytes of the group infos that one principal has put': [QUOTAS.groupInfoBytes],
    'changes of one principal (`too_many_attempts`)': [CHANGES.burst, 1, CHANGES.intervalSec],
    'of these, identities (`too_many_attempts`)': [IDENTITIES.burst, 1, IDENTITIES.intervalSec],
    '`/listen` and `/mailbox/wait` of one principal (`too_many_attempts`)': [
      REQUEST_IDS.burst,
      1,
      REQUEST_IDS.intervalSec,
    ],
    '`/sessions/end` and `/password/finish` of one principal (`too_many_attempts`)': [
      REQUEST_IDS.burst,
      1,
      REQUEST_IDS.intervalSec,
    ],
    'key packages taken by one principal (`too_many_attempts`)': [TAKES.burst, 1, TAKES.intervalSec],
    'deletions at once': [FREEING.burst, 1, FREEING.intervalSec],
    'client: requests of `/mailbox` for events': [LOOKS_AT_ONCE, 1, LOOK_SEC],
    'client: event bytes read': [EVENT_BYTES.capacity, EVENT_BYTES.perSec, 1],
    'client: age of a stream': [MAX_AGE_MS / 1000],
  },
  '7.4': {
    chunk: [TAG_BYTES, SEALED_CHUNK_BYTES],
    'files of one sender that have not expired, in all groups': [QUOTAS.files],
    'bytes of these': [QUOTAS.fileBytes],
  },
  '7.5': {
    'hashes remembered of an epoch': [REMEMBERED],
    'key package, from made until it expires': [LIFETIME_SEC],
    'key package, backdated': [BACKDATED_SEC],
    'requests for a valid key package': [MAX_TAKES],
    "attempts at a change or a message against other members' commits": [MAX_TRIES],
    'generations that one message may skip (RFC 9420 §9.1)': [
      CLIENT_CONFIG.keyRetentionConfig.maximumForwardRatchetSteps,
    ],
  },
  '7.6': {
    '`kind`': [1, most((count) => v.is(Header, { kind: a(count) }))],
    'body, of whatever kind': [MAX_PAYLOAD_BYTES],
    padding: [(CLIENT_CONFIG.paddingConfig as { padUntilLength: number }).padUntilLength],
  },
  '7.7': {
    'plaintext of a chunk': [CHUNK_BYTES],
    '`name` of a note': [MAX_NAME_BYTES],
  },
  '7.8': {
    'entries in one pull': [MAX_ENTRIES],
    'pages of `/groups/list`': [MAX_PAGES],
    'key packages at first': [publisher.FIRST_PACKAGES],
    'key packages made when fewer than the next are left': [publisher.PACKAGES_AT_ONCE],
    'key packages left': [publisher.FEWEST_PACKAGES],
    'time between counts': [publisher.COUNT_SEC],
    'time between key packages made anew': [publisher.REFRESH_SEC],
  },
  '8.5': {
    'body of `data`': [1, frames.MAX_DATA_BYTES],
    'any other body': [frames.MAX_CONTROL_BYTES],
    'item sent without waiting for `ready`': [frames.SMALL_BYTES],
    '`name` of an item': [1, most((count) => frames.isName(a(count)))],
    '`path`': [1, most((count) => frames.isPath(Array(count).fill('a')))],
    '`path`, in all': [frames.MAX_PATH_BYTES],
    '`code`': [1, most((count) => v.is(frames.BODIES.code, { code: a(count) }))],
    'receiver: one file': [DEFAULT_LIMITS.maxFileBytes],
    'receiver: all files': [DEFAULT_LIMITS.maxTotalBytes],
    'receiver: items, those in directories too': [DEFAULT_LIMITS.maxItems],
    'sender: items under way': [MAX_UNDER_WAY],
  },
}

test('limits are those that hold', () => {
  const documented: Record<string, Record<string, number[]>> = {}
  for (const head of ['limit', 'limit here']) {
    for (const { section, rows } of tablesWith(PROTOCOL, 'what', head)) {
      const limits = Object.fromEntries(rows.map(([what, limit]) => [what, quantitiesIn(limit)]))
      documented[section] = { ...documented[section], ...limits }
    }
  }
  assert.equal(Object.keys(documented).sort(), Object.keys(EXPECTED).sort())
  for (const [section, limits] of Object.entries(EXPECTED)) assert.equal(documented[section], limits, section)
})

test('a section that is cited anywhere is there', () => {
  const sections = new Set([...PROTOCOL.matchAll(/^#+ ([\d.]*\d)/gm)].map(([, number]) => number))
  assert.ok(sections.has('8.3'))
  for (const file of citing()) {
    for (const [, list = ''] of readFileSync(file, 'utf8').matchAll(
      /protocol\.md[^§\n]{0,3}((?:§[\d.]+(?:, | to | and )?)+)/g,
    )) {
      for (const [, number = ''] of list.matchAll(/§([\d.]*\d)/g))
        assert.ok(sections.has(number), `${file}: §${number}`)
    }
  }
})

test.run()
