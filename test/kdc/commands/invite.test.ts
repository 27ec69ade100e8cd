/** Inviting people: class lists, what becomes of them, and the command. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { columnIndex, formatCsv, parseClassList } from '../../../src/kdc/commands/class-list.ts'
import { openData } from '../../../src/kdc/data.ts'
import { openStoredToken } from '../../../src/kdc/keys/at-rest.ts'
import { invite } from '../../../src/kdc/logins/invite.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { equal, utf8 } from '../../../src/lib/bytes.ts'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import { createInvitation, invitationToken } from '../../../src/lib/invitation.ts'
import { register } from '../../../src/lib/register.ts'
import { sessionId } from '../../../src/lib/ticket.ts'
import { PASSWORD, START, temporaryDirectory, testKdc } from '../../helpers/kdc.ts'
import { KdcProcess, runKdc, startKdc } from '../../helpers/kdc-process.ts'
import { nodeArguments } from '../../helpers/program.ts'
import { rejects } from '../../helpers/throws.ts'

const list = suite('class lists')

const parse = (text: string) => parseClassList(utf8(text), 'FILE')
const fieldsOf = (text: string) => parse(text).rows.map(({ fields }) => fields)

list('are read with commas, semicolons or tabs, whatever else the first line holds', () => {
  for (const delimiter of [',', ';', '\t']) {
    const { columns, rows, form } = parse(`username${delimiter}mark\nalice${delimiter}1\n`)
    assert.equal(
      [columns, rows[0]?.fields, form.delimiter],
      [['username', 'mark'], ['alice', '1'], delimiter],
    )
  }
  assert.equal(parse('last, first;username;mark\nDoe, Jane;jane;1,5\n').columns.length, 3)
  assert.equal(parse('"a;b;c;d",username\nx,jane\n').columns, ['a;b;c;d', 'username'])
  assert.equal(parse('username\nalice\n').columns, ['username'])
})

list('are read with a byte order mark and CRLF, and written back so', () => {
  const text = '\ufeffusername;name\r\nalice;"Doe; A"\r\n'
  const { form, columns, rows } = parse(text)
  assert.equal(form, { bom: true, delimiter: ';', lineEnd: '\r\n' })
  assert.equal(columns[0], 'username')
  assert.is(formatCsv([columns, ...rows.map(({ fields }) => fields)], form), text)
  assert.equal(parse('username\nalice\n').form, { bom: false, delimiter: ',', lineEnd: '\n' })
})

list('may hold quotes, line ends and delimiters in quotes, and blank rows', () => {
  const text = 'username,name\r\n\r\nalice,"Doe, ""A"""\r\n,\r\n"bo\nb",x\r\n  , \r\n'
  assert.equal(fieldsOf(text), [
    ['alice', 'Doe, "A"'],
    ['bo\nb', 'x'],
  ])
})

list('know the line on which each record begins', () => {
  for (const end of ['\r\n', '\n', '\r']) {
    const text = ['username,name', 'alice,"x', 'y"', '', 'bob,z', 'carol,z'].join(end)
    assert.equal(
      parse(text).rows.map(({ line }) => line),
      [2, 5, 6],
    )
  }
})

const REFUSED: [string, string | Uint8Array, RegExp][] = [
  ['nothing', '', /^FILE is empty$/],
  ['no rows', 'username,name\n,\n', /^FILE has no rows$/],
  ['Latin-1', Uint8Array.of(0x75, 0x0a, 0xe9), /^FILE is not text in UTF-8$/],
  ['UTF-16', Buffer.from('\ufeffusername\n', 'utf16le'), /^FILE is not text in UTF-8$/],
  ['a quote that is not closed', 'u,n\na,"\r\nb"\na,"b\nc,d\n', /a quote is not closed, line 4$/],
  ['a quote in the middle', 'u,n\na,b\na,b"c"\n', /a quote is where none may be, line 3$/],
  ['something behind a quote', 'u,n\na,b\n\na,"b"c\n', /a quote is where none may be, line 4$/],
  ['too few fields', 'u,n\na,b\na\n', /^FILE, line 3: the number of fields is 1, and of columns 2$/],
  ['too many fields', 'u,n\na,b,c\n', /^FILE, line 2: the number of fields is 3, and of columns 2$/],
]

for (const [what, bytes, message] of REFUSED) {
  list(`are refused: ${what}`, () => {
    const all = typeof bytes === 'string' ? utf8(bytes) : bytes
    assert.throws(() => parseClassList(all, 'FILE'), message)
  })
}

list('have their columns found, whatever the case and the blanks around', () => {
  const found = parse('Name, UserName ,SIS Login ID\na,b,c\n')
  assert.is(columnIndex(found, 'username'), 1)
  assert.is(columnIndex(found, 'sis login id'), 2)
  const missing = () => columnIndex(found, 'login')
  assert.throws(missing, (error: { message: string; hint: string }) => {
    assert.is(error.message, 'FILE has no column login')
    assert.match(error.hint, /there are: Name, {2}UserName , SIS Login ID$/)
    return true
  })
  assert.throws(() => columnIndex(parse('u,U\na,b\n'), 'u'), /two columns u/)
})

// What csv-stringify quotes of what spreadsheets run (OWASP, CSV injection).
const asText = (field: string) => (/^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(field) ? `'${field}` : field)

list('come back as they were, but for formulas, which come back as text', () => {
  const field = fc.oneof(
    fc.string(),
    fc.constantFrom('=1+1', '+1', '-1', '@x', 'a,b', 'a;b', '"', '\r', '\n', '\r\n'),
  )
  const record = fc.tuple(fc.constant('x'), field, field)
  const form = fc.record({
    bom: fc.boolean(),
    delimiter: fc.constantFrom(',', ';', '\t'),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  })
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), form, (records, form) => {
      const read = parse(formatCsv([['a', 'b', 'c'], ...records], form))
      assert.equal(read.form, { ...form })
      assert.equal(
        read.rows.map(({ fields }) => fields),
        records.map((fields) => fields.map(asText)),
      )
    }),
  )
})

const making = suite('invitations made')

making('are known again by what is stored, which is not they', async () => {
  const { store, masterKeys } = await testKdc()
  const [dora, anybody] = await invite({ store, masterKeys }, ['dora', undefined], START + 10)
  for (const { username, invitation = '' } of [dora, anybody].filter((one) => one !== undefined)) {
    const token = invitationToken(invitation)
    const stored = await store.invitations.find(sessionId(token))
    assert.equal([stored?.username, stored?.expiresAt], [username, START + 10])
    const opened = stored && openStoredToken(masterKeys, stored.id, stored.sealedToken)
    assert.ok(opened && equal(opened.reveal(), token.reveal()))
  }
  assert.is.not(dora?.invitation, anybody?.invitation)
})

making('are none for whoever has an account, and the rest goes on', async () => {
  const { store, masterKeys } = await testKdc()
  const invited = await invite({ store, masterKeys }, ['dora', 'alice', 'emil'], START + 10)
  assert.equal(
    invited.map(({ username, invitation }) => [username, invitation !== undefined]),
    [
      ['dora', true],
      ['alice', false],
      ['emil', true],
    ],
  )
  assert.is((await store.invitations.list(START)).length, 2)
})

making('begin with nothing that a spreadsheet would run', async () => {
  const { store, masterKeys } = await testKdc()
  // 62 in base64url is a minus.
  const bad = new Uint8Array(16).fill(62 << 2)
  assert.match(
    createInvitation(() => bad),
    /^-/,
  )
  let drawn = 0
  const randomBytes = (length: number) => (drawn++ < 2 ? bad : secureRandomBytes(length))
  const [dora] = await invite({ store, masterKeys, randomBytes }, ['dora'], START + 10)
  assert.match(dora?.invitation ?? '', /^\w[\w-]{21}$/)
  assert.ok(drawn >= 3)
})

const command = suite<{ home: ReturnType<typeof temporaryDirectory>; data: string }>('kdc invite')
command.before.each((context) => {
  context.home = temporaryDirectory()
  context.data = join(context.home.path, 'kdc')
})
command.after.each(({ home }) => home.remove())

interface Place {
  readonly home: { readonly path: string }
  readonly data: string
}

const environment = ({ home }: Place) => ({ XDG_CONFIG_HOME: home.path, SYMBOLON_PASSWORD: PASSWORD })
const run = (place: Place, ...args: string[]) => runKdc([...args, '--data', place.data], environment(place))

/** The open invitations, as the command lists them. */
const openNames = async (place: Place) => {
  const { stdout } = await run(place, 'invitations', '--json')
  return stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** Puts a class list where the command finds it. */
const file = ({ home }: Place, content: string | Uint8Array) => {
  const path = join(home.path, 'class.csv')
  writeFileSync(path, content)
  return path
}

command('invites a class, and each of them makes an account while the KDC serves', async (place) => {
  const { data } = place
  await run(place, 'adduser', 'carol')
  const kdc = startKdc(['--port', '0', '--data', data], environment(place))
  const url = await kdc.url()
  const path = file(place, '\ufeffName;Login ID ;Mark\r\n"Doe; J";Alice;=1+1\r\nB; bob ;\r\nC;carol;-1\r\n')
  const { exit, stdout, stderr } = await run(
    place,
    'invite',
    '--csv',
    path,
    '--column',
    'login id',
    '--days',
    '3',
  )
  assert.is(exit, 0)
  const { form, columns, rows } = parse(stdout)
  assert.equal(form, { bom: true, delimiter: ';', lineEnd: '\r\n' })
  assert.equal(columns, ['Name', 'Login ID ', 'Mark', 'username', 'invitation', 'expires'])
  const values = rows.map(({ fields }) => fields)
  assert.equal(
    values.map((fields) => fields.slice(0, 4)),
    [
      // What a spreadsheet would take for a formula, and let it read the invitations, is text.
      ['Doe; J', 'Alice', "'=1+1", 'alice'],
      ['B', ' bob ', '', 'bob'],
      ['C', 'carol', "'-1", 'carol'],
    ],
  )
  assert.equal(values[2]?.slice(4), ['', ''])
  assert.match(stderr, 'kdc: carol has an account already, and gets no invitation\n')
  assert.match(stderr, 'kdc: made 2 invitations, good for 3 days\n')

  const invitations = values.slice(0, 2).map((fields) => fields[4] ?? '')
  const open = await openNames(place)
  assert.equal(
    open.map(({ username }) => username),
    ['alice', 'bob'],
  )
  for (const [i, { expires_at }] of open.entries()) {
    assert.is(Date.parse(values[i]?.[5] ?? ''), expires_at * 1000)
    assert.match(values[i]?.[5] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  }
  const [alices = '', bobs = ''] = invitations
  await (await register(url, 'alice', PASSWORD, { invitation: alices })).logout()
  await rejects(register(url, 'bob', PASSWORD, { invitation: alices }), 'invitation_refused')
  await (await register(url, 'bob', PASSWORD, { invitation: bobs })).logout()
  assert.equal(await openNames(place), [])

  const files = readdirSync(data).map((name) => readFileSync(join(data, name)))
  await kdc.stop()
  const written = [...files, Buffer.from(stderr), Buffer.from(kdc.stdout), Buffer.from(kdc.stderr)]
  for (const invitation of invitations) {
    for (const form of [invitation, Buffer.from(invitation, 'base64url')]) {
      for (const bytes of written) assert.is(bytes.indexOf(form), -1)
    }
  }
})

command('takes names, numbers of people, and a list from standard input', async (place) => {
  const named = await run(place, 'invite', 'Alice', 'bob')
  assert.match(named.stdout, /^username,invitation,expires\nalice,[\w-]{22},\S+Z\nbob,[\w-]{22},\S+Z\n$/)
  const anybody = await run(place, 'invite', '--anybody', '2', '--days', '1')
  assert.match(anybody.stdout, /^username,invitation,expires\n,[\w-]{22},\S+Z\n,[\w-]{22},\S+Z\n$/)
  const args = [...nodeArguments('src/kdc/main.ts'), 'invite', '--csv', '-', '--data', place.data]
  const piped = new KdcProcess(process.execPath, args, { ...process.env, ...environment(place) })
  piped.input('id,username\n7,bob\n8,carol\n')
  assert.is(await piped.exit, 0)
  assert.match(
    piped.stdout,
    /^id,username,invitation,expires\n7,bob,[\w-]{22},\S+Z\n8,carol,[\w-]{22},\S+Z\n$/,
  )
  assert.match(piped.stderr, 'kdc: 1 earlier invitation to the same people cannot be used any more\n')
  const open = await openNames(place)
  assert.equal(
    open.map(({ username }) => username),
    [null, null, 'alice', 'bob', 'carol'],
  )
  // Made later, they end earlier.
  assert.ok(open[0].expires_at < open[2].expires_at)
})

command('lists them for people, and withdraws them', async (place) => {
  await run(place, 'invite', 'alice', 'bob', 'carol')
  await run(place, 'invite', '--anybody', '1')
  const { stdout } = await run(place, 'invitations')
  assert.match(stdout, /^\* \S+Z\nalice \S+Z\nbob \S+Z\ncarol \S+Z\n$/)
  const refused = await run(place, 'uninvite', 'alice', 'nobody')
  assert.is(refused.exit, 1)
  assert.match(
    refused.stderr,
    /^kdc: error: nothing was withdrawn: there is no invitation for nobody\nkdc: hint: /,
  )
  assert.is((await openNames(place)).length, 4)
  assert.is((await run(place, 'uninvite', 'Alice', 'bob')).stderr, 'kdc: withdrew 2 invitations\n')
  assert.equal(
    (await openNames(place)).map(({ username }) => username),
    [null, 'carol'],
  )
  const { store } = await openData(place.data)
  const expired = { id: new Uint8Array(16), sealedToken: Uint8Array.of(1), expiresAt: START }
  await store.invitations.add([expired])
  await store.close()
  assert.is((await run(place, 'uninvite', '--all')).stderr, 'kdc: withdrew 2 invitations\n')
  assert.equal(await openNames(place), [])
})

command('tells of bad names where they are, ten of them, and invites nobody', async (place) => {
  await run(place, 'invite', 'zoe')
  const bad = Array.from({ length: 9 }, (_, i) => `bad name ${i}`)
  const path = file(place, `username\nalice\n${bad.join('\n')}\n\x1b[2J\nALICE \nbob\n-x\n`)
  const { exit, stdout, stderr } = await run(place, 'invite', '--csv', path)
  assert.equal([exit, stdout], [1, ''])
  const lines = stderr.split('\n')
  assert.equal(lines.slice(0, 2), [
    'kdc: line 3: no username: bad name 0',
    'kdc: line 4: no username: bad name 1',
  ])
  assert.is(lines[9], 'kdc: line 12: no username: \\x1b[2J')
  assert.is(lines[10], 'kdc: and 2 more')
  assert.is(lines[11], 'kdc: error: nobody was invited, because of 12 bad names')
  assert.equal(
    (await openNames(place)).map(({ username }) => username),
    ['zoe'],
  )
  const twice = await run(place, 'invite', 'alice', 'Alice')
  assert.match(twice.stderr, /^kdc: name 2: alice again, who is in name 1\nkdc: error: /)
  const nameless = await run(place, 'invite', '--csv', file(place, 'username,x\n,1\n'))
  assert.is(nameless.exit, 1)
  assert.match(
    nameless.stderr,
    /^kdc: line 2 is left out: it has no name \(1\)\nkdc: error: nobody was invited: no row of .* username\nkdc: hint: /,
  )
})

command('takes a gradebook as Canvas writes it, and tells which rows are nobody', async (place) => {
  const canvas = [
    'Student,ID,SIS User ID,SIS Login ID,Section,Essay (42),Final Score',
    ',,,,,Manual Posting,',
    '    Points Possible,,,,,10.00,(read only)',
    '"Doe, Jane",101,5001,jdoe,Monday,9.5,95',
    '"Roe, Richard",102,5002,rroe,Monday,,',
    '"Student, Test",103,,0123456789abcdef0123456789abcdef01234567,Monday,,',
    '',
  ].join('\r\n')
  const column = ['--column', 'SIS Login ID']
  const { exit, stdout, stderr } = await run(place, 'invite', '--csv', file(place, canvas), ...column)
  assert.is(exit, 0, stderr)
  assert.match(stderr, /^kdc: line 2 is left out: it has no name \(Manual Posting\)$/m)
  assert.match(stderr, /^kdc: line 3 is left out: it has no name \(Points Possible\)$/m)
  assert.match(stderr, /^kdc: line 6 is left out: Student, Test is no person$/m)
  const lines = stdout.trimEnd().split('\r\n')
  assert.is(lines.length, 3, stdout)
  assert.match(lines[1] ?? '', /^"Doe, Jane",101,5001,jdoe,Monday,9\.5,95,jdoe,[\w-]{22},/)
  assert.match(lines[2] ?? '', /^"Roe, Richard",102,5002,rroe,Monday,,,rroe,[\w-]{22},/)
})

command('tells what to do about addresses, and names of people', async (place) => {
  const cases: [string, RegExp][] = [
    ['jane@example.org', /line 3: no username: jane@example\.org\n[\s\S]*hint: .*before its @/],
    ['Jane Doe', /line 3: no username: Jane Doe\n[\s\S]*hint: .*name of a person is none/],
  ]
  for (const [name, words] of cases) {
    const { exit, stderr } = await run(place, 'invite', '--csv', file(place, `username\nbob\n${name}\n`))
    assert.is(exit, 1)
    assert.match(stderr, words)
  }
})

const WRONG: [string[], number, RegExp][] = [
  [[], 2, /^kdc: error: nobody is invited\nkdc: hint: give one of: /],
  [['alice', '--anybody', '1'], 2, /^kdc: error: names, --csv and --anybody do not go together\n/],
  [['alice', '--column', 'x'], 2, /^kdc: error: --column: --csv is missing\n/],
  [['alice', '--days', '0'], 2, /^kdc: error: --days: expected a whole number from 1 to 365/],
  [['--anybody', '10001'], 2, /^kdc: error: --anybody: expected a whole number from 1 to 10000/],
  [
    ['--csv', 'nowhere.csv'],
    1,
    /^kdc: error: cannot read nowhere\.csv: there is no such file or directory\nkdc: hint: /,
  ],
  [['--csv', 'src'], 1, /^kdc: error: cannot read src: it is a directory\nkdc: hint: /],
]

command('what it cannot do it refuses, and makes no data directory', async (place) => {
  await Promise.all(
    WRONG.map(async ([args, exit, stderr]) => {
      const result = await run(place, 'invite', ...args)
      assert.equal([result.exit, result.stdout], [exit, ''], args.join(' '))
      assert.match(result.stderr, stderr)
    }),
  )
  assert.equal(readdirSync(place.home.path), [])
})

command('refuses lists that are too large, and columns that would be there twice', async (place) => {
  const refusal = async (content: string, ...args: string[]) => {
    const { exit, stdout, stderr } = await run(place, 'invite', '--csv', file(place, content), ...args)
    assert.equal([exit, stdout], [1, ''])
    return stderr
  }
  // The file may have 1048576 bytes: with one less, it is judged.
  const padding = (length: number) => `username,x\nal ice,${'x'.repeat(length - 18)}`
  assert.match(await refusal(padding(1024 * 1024 + 1)), /is larger than 1048576 bytes\nkdc: hint: /)
  assert.match(await refusal(padding(1024 * 1024)), /line 2: no username: al ice\n/)
  const many = `username\n${Array.from({ length: 10_001 }, (_, i) => `u${i}`).join('\n')}\n`
  assert.match(await refusal(many), /more than 10000 at once\n/)
  assert.match(await refusal('username,Invitation\na,b\n'), /has a column invitation already\n/)
  assert.match(await refusal('username,id\na,b\n', '--column', 'id'), /has a column username already\n/)
})

command('refuses when the master key cannot be the one that the KDC has', async (place) => {
  assert.is((await run(place, 'invite', 'alice')).exit, 0)
  assert.is((await run(place, 'invite', 'alice')).exit, 0)
  const otherKey = ['--master-key', join(place.home.path, 'other.key')]
  const other = await run(place, 'invite', 'bob', ...otherKey)
  assert.is(other.exit, 1)
  assert.is(other.stdout, '')
  assert.match(other.stderr, /^kdc: error: this master key has sealed nothing.*\nkdc: hint: .*--force$/m)
  assert.not.match((await run(place, 'invitations')).stdout, 'bob')
  assert.is((await run(place, 'invite', 'bob', '--force', ...otherKey)).exit, 0)
})

command('commands about what is there make no data directory', async (place) => {
  for (const args of [
    ['invitations'],
    ['uninvite', '--all'],
    ['endsessions', '--all'],
    ['backup', 'nowhere'],
  ]) {
    const { exit, stderr } = await run(place, ...args)
    assert.is(exit, 1)
    assert.match(stderr, /^kdc: error: there is no KDC's data in .*\nkdc: hint: /)
  }
  assert.equal(readdirSync(place.home.path), [])
})

making('are all stored, or none is', async () => {
  const { masterKeys } = await testKdc()
  const store = await Store.open(openSqlite(':memory:'))
  // The same name twice is refused by the table, if not before.
  const add = store.invitations.add.bind(store.invitations)
  store.invitations.add = ([one, ...others]) =>
    add(one ? [one, ...others, { ...one, username: 'other' }] : [])
  await rejects(invite({ store, masterKeys }, ['dora', 'emil'], START + 10), 'store_unavailable')
  assert.equal(await store.invitations.list(START), [])
})

list.run()
making.run()
command.run()
