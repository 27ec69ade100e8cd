import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nearest, parseArguments, parsePort, parseSeconds } from '../../../src/cli/arguments.ts'
import { UsageError } from '../../../src/cli/errors.ts'
import { kdcUrl } from '../../../src/cli/login/kdc-url.ts'
import { refusalReporter } from '../../../src/cli/receive/listen.ts'
import { Replies } from '../../../src/cli/receive/receiver-loop.ts'
import { traceLine } from '../../../src/cli/terminal/output.ts'
import {
  jsonLine,
  portions,
  print,
  saidLines,
  styled,
  TOOL_NAMES,
  talkLine,
  toldLines,
  visible,
} from '../../../src/cli/terminal/terminal.ts'
import type { Channel } from '../../../src/lib/channel/channel.ts'
import { ProtocolError } from '../../../src/lib/errors.ts'
import { kdcOrigin } from '../../../src/lib/network/address.ts'
import { login } from '../../../src/lib/session.ts'
import { quoted } from '../../../src/lib/text/visible.ts'
import { traceFields } from '../../../src/lib/trace.ts'
import { nodeCommand } from '../../helpers/program.ts'
import { throws } from '../../helpers/throws.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const test = suite('what tools print and take')

test('control, bidi and invisible characters are shown, not obeyed', () => {
  const cases: [string, string][] = [
    ['\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
    ['\r\b\x7f\x00', '\\x0d\\x08\\x7f\\x00'],
    ['\x9b31m\x85', '\\x9b31m\\x85'],
    ['\u202eevil\u2066', '\\u{202e}evil\\u{2066}'],
    ['\u200b\ufeff\u2028', '\\u{200b}\\u{feff}\\u{2028}'],
    ['\u{e0041}', '\\u{e0041}'],
    ['lone \ud800', 'lone \\u{d800}'],
    ['\u180e\u3164\u115f\ufe0f', '\\u{180e}\\u{3164}\\u{115f}\\u{fe0f}'],
    ['a\u200db\u200cc 1\ufe0f', 'a\\u{200d}b\\u{200c}c 1\\u{fe0f}'],
    ['😀\u200d\u200d😀\ufe0f\ufe0f', '😀\\u{200d}\\u{200d}😀\ufe0f\\u{fe0f}'],
    ['\u{1f3f4}\u{e0067}\u{e0062}', '\u{1f3f4}\\u{e0067}\\u{e0062}'],
    ['tab\there', 'tab    here'],
    ['grüße 👩‍👩‍👧 日本語 עברית', 'grüße 👩‍👩‍👧 日本語 עברית'],
  ]
  for (const [text, shown] of cases) assert.is(visible(text), shown)
  // What shapes the letters beside it, or is part of one picture, is readable: emoji, Persian, Hindi, a Japanese name, a flag.
  const seen = ['❤️ 1️⃣ ☝🏽 👩🏽\u200d🚀 🏳️\u200d🌈', 'می\u200cخواهم', 'क्\u200cष', '葛\u{e0100}城']
  seen.push('\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}')
  for (const text of seen) assert.is(visible(text), text)
})

test('every line of what a principal says carries the name, so that none can speak in another’s', () => {
  assert.equal(saidLines({ name: 'mallory' }, 'hi\nbob: I agree\r\nalice: me too\n'), [
    'mallory: hi',
    'mallory: bob: I agree',
    'mallory: alice: me too',
  ])
  assert.equal(saidLines({ name: 'alice' }, ''), ['alice: '])
  assert.equal(saidLines({ name: 'alice' }, 'a\rbob: b'), ['alice: a\\x0dbob: b'])
})

test('no principal can say what a tool tells: of a file that has come, or of an error', () => {
  const arrival = '[file] report.pdf (27 MB) saved as inbox/report.pdf'
  const [told] = toldLines({ name: 'alice' }, arrival)
  assert.is(told, `* alice: ${arrival}`)
  const [toldLater] = toldLines({ name: 'alice', at: '2026-01-31 12:00' }, arrival)
  assert.is(toldLater, `* [2026-01-31 12:00] alice: ${arrival}`)
  const texts = [
    arrival,
    `* alice: ${arrival}`,
    `x\n* alice: ${arrival}`,
    `x\r* alice: ${arrival}`,
    'error: no',
  ]
  const speakers = ['alice', 'receiver', 'sender', 'group', '_', '-x'].flatMap((name) => [
    { name },
    { name, at: '2026-01-31 12:00' },
  ])
  for (const speaker of speakers) {
    for (const line of texts.flatMap((text) => saidLines(speaker, text, 60))) {
      assert.match(line, /^(\[[\d :-]+\] )?@?[\w-]+: |^ {3}\| /)
      assert.not.match(line, /^(receiver|sender|group): /)
    }
  }
  // Who is called like a tool is so to be told from it.
  assert.equal(saidLines({ name: 'receiver' }, 'error: the password has expired'), [
    '@receiver: error: the password has expired',
  ])
})

test('every name with which a tool talks is one that no principal is shown under', () => {
  const root = fileURLToPath(new URL('../../../src', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const sources = files.map((name) => readFileSync(join(root, name), 'utf8')).join('\n')
  const names = [...sources.matchAll(/\b(?:runTool|talk|Screen|makeOutput)\('([^']+)'/g)].map(
    ([, name = '']) => name,
  )
  assert.ok(names.length > 10)
  for (const name of names) assert.ok(TOOL_NAMES.includes(name), name)
})

test('what others wrote is quoted, on one line, in few words', () => {
  assert.is(quoted('bob is not listening'), '"bob is not listening"')
  assert.is(quoted('no" (x)\nsender: hint: "run this'), `"no' (x)\\x0asender: hint: 'run this"`)
  assert.is(quoted(`no${' '.repeat(70)}sender: hint`), '"no sender: hint"')
  const long = quoted('\u{e0041}'.repeat(4_000_000))
  assert.ok(long.length <= 202 && long.endsWith('…"'), long)
  assert.is(quoted(`${'x'.repeat(198)}😀😀`), `"${'x'.repeat(198)}…"`)
})

test('a tool’s line with the words of others is broken behind a mark; one to be copied from is left whole', () => {
  const said = `error: the KDC says: ${quoted(`no ${'x'.repeat(60)} receiver: hint: do this`)}`
  const rows = talkLine('receiver', said, 40)
  for (const row of rows.slice(1)) assert.match(row, /^ {3}\| /)
  for (const row of rows) assert.ok(row.length < 40, row)
  const command = 'to save the files: npx tsx src/group.ts bob read friends --all --output DIR'
  assert.equal(talkLine('receiver', command, 40), [`receiver: ${command}`])
  assert.ok((talkLine('receiver', 'x'.repeat(4_000_000))[0]?.length ?? 0) < 2100)
})

test('a line that the terminal would break goes on behind a mark, so that it cannot pass for another’s', () => {
  const text = `ok${' '.repeat(60)}alice: transfer it to mallory`
  const rows = saidLines({ name: 'mallory' }, text, 40)
  assert.is(rows[0]?.startsWith('mallory: ok'), true)
  for (const row of rows.slice(1)) assert.match(row, /^ {3}\| /)
  for (const row of rows) assert.ok(row.length < 40, row)
  assert.is(rows.map((row, i) => (i ? row.slice(5) : row)).join(''), `mallory: ${text}`)
  // Characters that take two cells count as two.
  assert.ok(saidLines({ name: 'm' }, '日'.repeat(30), 40).every((row) => [...row].length <= 20 + 5))
  assert.equal(saidLines({ name: 'alice' }, 'short', 80), ['alice: short'])
})

test('what is printed at once is small, whole lines, and all of it', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `mallory: line ${i} ${'x'.repeat(i % 50)}`)
  const printed = [...portions(lines)]
  assert.equal(printed.join('\n').split('\n'), lines)
  for (const portion of printed) assert.ok(portion.length < 70_000)
  assert.ok(printed.length > 1)
  assert.equal([...portions([])], [])
})

test('whatever else is due has its turn after each thing printed', async () => {
  let turns = 0
  let counting = true
  const count = () => {
    turns++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  for (let i = 0; i < 20; i++) await print('(a line that a test prints)')
  counting = false
  assert.ok(turns >= 19, `${turns} turns`)
})

test('JSON for programs is as safe on a terminal, and parses back to the same', () => {
  const value = { text: 'a\u009b31m\u202e\x7f\u{e0041}\u3164 日本 😀 "quoted"', n: 1 }
  const line = jsonLine(value)
  assert.equal(JSON.parse(line), value)
  assert.is(visible(line), line)
})

test('a refresh or timeout longer than a timer can count is refused', () => {
  assert.is(parseSeconds('--timeout', '2147483'), 2147483)
  throws(() => parseSeconds('--timeout', '2147484'), 'usage')
})

test('a flood of refused connections is told in a few lines, and the rest counted', async () => {
  const told: string[] = []
  const counted = new Promise<unknown>((resolve) => {
    const output = {
      json: false,
      said: async () => {},
      stored: async () => {},
      arrived: async () => {},
      event: (name: string, fields: Record<string, unknown>) => {
        told.push(name)
        if (name === 'refused_more') resolve(fields.count)
      },
      trace: undefined,
    }
    const tell = refusalReporter(output)
    const error = new ProtocolError('ticket_expired', 'the ticket expired')
    for (let i = 0; i < 1000; i++) tell({ address: '192.0.2.1', error })
  })
  // The reporter does not keep a tool alive for its summary: this test does.
  const awake = setInterval(() => {}, 100)
  assert.is(await counted, 995)
  clearInterval(awake)
  assert.equal(told, [...Array(5).fill('refused'), 'refused_more'])
})

test('a trace shows how many there are in a list, and no secret', () => {
  const fields = {
    sessions: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
    token: 'abcdefghij',
    more: false,
    this: {},
  }
  const shown = { sessions: 3, token: 'abcdef…', more: 'false', this: '[object]' }
  assert.equal(traceFields(fields), shown)
})

test('a trace shows the beginning of what others fill a message with', () => {
  const many = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`${i}${'k'.repeat(1000)}`, 'v'.repeat(1_000_000)]),
  )
  const fields = traceFields(many)
  assert.is(fields['…'], 950)
  const line = traceLine({ name: 'answer', from: 'KDC', to: 'alice', by: '200', fields })
  assert.ok(line.length < 25_000, `${line.length}`)
  const forged = { detail: 'no token=abcdef secret=abcdef' }
  assert.match(
    traceLine({ name: 'problem', from: 'KDC', to: 'alice', by: '401', fields: forged }),
    / detail="no token=abcdef secret=abcdef"$/,
  )
})

test('a trace is one line, whatever it holds', () => {
  const fields = { detail: 'a\nb\x1b[31m', n: 1 }
  assert.is(
    traceLine({ name: 'problem', from: 'KDC', to: 'alice', by: '401', fields }),
    'KDC -> alice  401  problem  detail="a\\x0ab\\x1b[31m" n=1',
  )
})

const commandLine = {
  help: 'usage: tool NAME [MESSAGE] [options]\n',
  options: { kdc: { type: 'string' }, json: { type: 'boolean' } },
  positionals: ['NAME', '[MESSAGE]'],
} as const

const hintOf = (argv: string[]) => {
  try {
    parseArguments(argv, commandLine)
  } catch (error) {
    assert.instance(error, UsageError)
    return `${(error as UsageError).message} | ${(error as UsageError).hint}`
  }
  throw new Error('nothing was refused')
}

test('arguments are taken strictly, with a hint for likely mistakes', () => {
  const { values, positionals } = parseArguments(['--json', 'bob', '--', '-hi'], commandLine)
  assert.ok(values.json)
  assert.equal(positionals, ['bob', '-hi'])
  assert.match(hintOf(['bob', '--kdx', 'u']), /no option --kdx \| did you mean --kdc/)
  assert.match(hintOf(['bob', '--zzzzzz']), /no option --zzzzzz \| --help/)
  assert.match(hintOf(['bob', '--kdc']), /--kdc/)
  assert.match(hintOf(['bob', '--json=yes']), /--json/)
  assert.match(hintOf([]), /NAME is missing \| usage: tool/)
  assert.match(hintOf(['bob', 'hello', 'world']), /too many arguments, beginning with 'world' \| quote/)
})

test('what is nearest to a mistake is what was meant: two letters in each other’s place are one', () => {
  const commands = [
    'create',
    'add',
    'remove',
    'send',
    'read',
    'list',
    'members',
    'leave',
    'destroy',
    'rejoin',
  ]
  const cases = {
    raed: 'read',
    READ: 'read',
    craete: 'create',
    sned: 'send',
    ad: 'add',
    remvoe: 'remove',
    lsit: 'list',
  }
  for (const [word, meant] of Object.entries(cases)) assert.is(nearest(word, commands), meant, word)
  assert.is(nearest('xyzzy', commands), undefined)
  assert.is(nearest('recieve', ['send', 'receive']), 'receive')
  // As near as each other: the one that begins alike.
  assert.is(nearest('bat', ['cat', 'bad']), 'bad')
})

test('a value may begin with a dash, as keys in base64url do', () => {
  const key = '-ipKfU0v9mPq3sYtW5xZ7bD1gH4jL6nR8cA2eT0oMSk'
  for (const given of [['--kdc', key], [`--kdc=${key}`]]) {
    const { values, positionals } = parseArguments(['bob', ...given, '--json'], commandLine)
    assert.equal({ ...values }, { kdc: key, json: true })
    assert.equal(positionals, ['bob'])
  }
  const { positionals } = parseArguments(['--', '--kdc', key], commandLine)
  assert.equal(positionals, ['--kdc', key])
  assert.match(hintOf(['bob', '--kdc', '--json']), /--kdc: a value belongs after it/)
  assert.match(hintOf(['bob', '--json', key]), /no option -i/)
})

test('an option may take what follows it, as a shell expands *.pdf, and never the first arguments', () => {
  const take = (...argv: string[]) => {
    const { values, positionals } = parseArguments(argv, {
      help: 'usage: send NAME TO [MESSAGE]\n',
      options: { file: { type: 'string', multiple: true }, json: { type: 'boolean' } },
      positionals: ['NAME', 'TO', '[MESSAGE]'],
      greedy: { option: 'file', after: 2 },
    })
    return [positionals, [...(values.file ?? [])]]
  }
  assert.equal(take('alice', 'bob', '--file', 'a', 'b', 'c'), [
    ['alice', 'bob'],
    ['a', 'b', 'c'],
  ])
  assert.equal(take('alice', 'bob', 'hi', '--file', 'a', 'b', '--json', '--file', 'c', 'd'), [
    ['alice', 'bob', 'hi'],
    ['a', 'b', 'c', 'd'],
  ])
  assert.equal(take('--file', 'a', 'alice', 'bob', 'b'), [
    ['alice', 'bob'],
    ['a', 'b'],
  ])
  assert.equal(take('alice', 'bob', '--file=-', 'x', '--json', 'hi'), [
    ['alice', 'bob', 'hi'],
    ['-', 'x'],
  ])
  assert.equal(take('alice', 'bob', '--file', 'a', 'b', '--', 'hi'), [
    ['alice', 'bob', 'hi'],
    ['a', 'b'],
  ])
  assert.equal(take('alice', 'bob', 'hi'), [['alice', 'bob', 'hi'], []])
})

test('numbers are whole and within bounds', () => {
  assert.is(parsePort('0'), 0)
  assert.is(parsePort('65535'), 65535)
  for (const text of ['65536', '-1', '1.5', '', ' 1', '0x10', '1e3']) throws(() => parsePort(text), 'usage')
  throws(() => parseSeconds('--n', '0'), 'usage')
})

test('the KDC is known by its origin', () => {
  assert.is(kdcUrl('HTTP://Example.com:80/'), 'http://example.com')
  for (const text of ['', '127.0.0.1:8800', 'localhost:8800', 'ftp://x', 'file:///etc/passwd'])
    throws(() => kdcUrl(text), 'usage')
})

test('a KDC with more than an address is refused, wherever it was named, and no password shown', async () => {
  const more = ['/path', '//', '/?x', '?', '#', '/#at', '?x=1'].map((end) => `http://kdc.example:8800${end}`)
  const secret = [
    'http://alice:secret@kdc.example',
    'http://:secret@kdc.example',
    'https://secret@kdc.example/',
  ]
  const broken = [
    'http:/alice:secret@:x',
    'htp://alice:secret@kdc.example',
    'alice:secret@kdc.example',
    'http://secret@',
  ]
  for (const text of [...more, ...secret, ...broken]) {
    const messages = [() => kdcUrl(text), () => kdcFromVariable(text), () => kdcOrigin(text)].map(messageOf)
    for (const message of messages) assert.not.match(message, 'secret')
    assert.match(messages[0] ?? '', /^--kdc: /)
    assert.match(messages[1] ?? '', /^SYMBOLON_KDC: /)
    await login(text, 'alice', 'a password').then(
      () => assert.unreachable(text),
      (error: Error) => assert.instance(error, TypeError),
    )
  }
})

function kdcFromVariable(text: string): string {
  process.env.SYMBOLON_KDC = text
  try {
    return kdcUrl(undefined)
  } finally {
    delete process.env.SYMBOLON_KDC
  }
}

function messageOf(run: () => string): string {
  try {
    return assert.unreachable(run()) as never
  } catch (error) {
    return (error as Error).message
  }
}

test('a typed line goes to the one whom the prompt names, or whom it names itself', () => {
  const channel = (username: string) => ({ peer: { username, address: '' } }) as Channel
  const [alice, carol] = [channel('alice'), channel('carol')]
  const replies = new Replies()
  assert.is(replies.prompt(false), '> ')
  assert.is(replies.addressee('hi').channel, undefined)
  replies.connected(alice)
  replies.connected(carol)
  replies.spoke(carol)
  replies.spoke(alice)
  assert.is(replies.prompt(false), 'to alice> ')
  assert.is(replies.addressee('hi').channel, alice)
  assert.equal(replies.addressee('@Carol see you'), { channel: carol, to: 'carol', text: 'see you' })
  assert.is(replies.addressee('@dave hm').channel, undefined)
  assert.is(replies.addressee('mail me@example.com').channel, alice)
})

test('a sender who speaks while a line is typed does not receive it', () => {
  const channel = (username: string) => ({ peer: { username, address: '' } }) as Channel
  const [alice, mallory] = [channel('alice'), channel('mallory')]
  const replies = new Replies()
  replies.connected(alice)
  replies.connected(mallory)
  replies.spoke(alice)
  assert.is(replies.prompt(false), 'to alice> ')
  replies.spoke(mallory)
  assert.is(replies.prompt(true), 'to alice> ')
  assert.is(replies.addressee('the code is 4711').channel, alice)
  // Nor when alice has left in the meantime: then no sender does.
  replies.left(alice)
  assert.equal(replies.addressee('the code is 4711'), {
    channel: undefined,
    to: 'alice',
    text: 'the code is 4711',
  })
  assert.is(replies.prompt(false), 'to mallory> ')
})

/** Sets these for as long as `work` takes. */
function withEnvironment(env: NodeJS.ProcessEnv, work: () => void): void {
  const before = { ...process.env }
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  try {
    work()
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
}

test('colour is for terminals that have it, and for people who want it', () => {
  const terminal = { isTTY: true }
  const cases: [NodeJS.ProcessEnv, { isTTY?: boolean }, string][] = [
    [{ NO_COLOR: undefined, TERM: 'xterm' }, terminal, '\x1b[31mx\x1b[39m'],
    // https://no-color.org: set and not empty.
    [{ NO_COLOR: '', TERM: 'xterm' }, terminal, '\x1b[31mx\x1b[39m'],
    [{ NO_COLOR: '0', TERM: 'xterm' }, terminal, 'x'],
    [{ NO_COLOR: undefined, TERM: 'dumb' }, terminal, 'x'],
    [{ NO_COLOR: undefined, TERM: 'xterm' }, {}, 'x'],
  ]
  for (const [env, stream, shown] of cases) {
    withEnvironment(env, () => assert.is(styled('red', 'x', stream), shown, JSON.stringify(env)))
  }
})

test('a name in a style leaves the rows as wide as they were', () => {
  const look = (name: string) => `\x1b[1m${name}\x1b[22m`
  const text = `${'word '.repeat(30)}\nmallory: me too`
  const plain = saidLines({ name: 'alice' }, text, 40)
  const looked = saidLines({ name: 'alice' }, text, 40, look)
  assert.equal(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    looked.map((row) => row.replace(/\x1b\[\d+m/g, '')),
    plain,
  )
  assert.match(looked.at(-1) ?? '', '\x1b[1malice\x1b[22m: mallory: me too')
})

withTmux(test)('an error is red on a terminal, and what others wrote has no say in it', async () => {
  const run = async (env: NodeJS.ProcessEnv) => {
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    const line = `${nodeCommand("src/users.ts '\x1b[32mhi'")}; echo "status $?"; exec cat`
    const terminal = new Terminal(`colour-${Math.random()}`.replace('.', ''), line, env, root)
    try {
      await terminal.shows(/status 1/)
      return terminal.screen({ styles: true })
    } finally {
      terminal.close()
    }
  }
  const { PATH, HOME } = process.env
  assert.match(await run({ PATH, HOME }), 'users: \x1b[31merror:\x1b[39m')
  assert.not.match(await run({ PATH, HOME, NO_COLOR: '1' }), '\x1b[3')
})

test.run()
