/** What the operating system refuses, as people read it: in words, with what to do, and never as a stack. */
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../src/cli/errors.ts'
import { inWords } from '../../src/cli/system-error-text.ts'
import { asStateError } from '../../src/state/errors.ts'
import { onLinux, onPosix } from '../helpers/needs.ts'
import { cleanEnvironment, Program, startTool } from '../helpers/program.ts'

const test = suite('what the operating system refuses')
let home = ''

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
})

test.after.each(() => rmSync(home, { recursive: true, force: true }))

const RAW = /\bE[A-Z0-9]{3,}\b|uv_|errno|^ +at /m

const raw = (code: string, fields: object = { syscall: 'open', path: '/a/file' }) =>
  Object.assign(new Error(`${code}: as libuv says it, open '/a/file'`), { code, errno: -1, ...fields })

test('each kind has words, a hint, and the exit status of its kind', () => {
  const now = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'ELOOP', 'ENAMETOOLONG', 'EISDIR']
  const later = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']
  for (const code of [...now, ...later]) {
    const error = inWords(raw(code))
    assert.instance(error, ToolError, code)
    const { message, hint, exitCode } = error as ToolError
    assert.match(message, /^cannot open \/a\/file: [a-z]/)
    assert.not.match(message, RAW)
    assert.ok(hint && !RAW.test(hint), code)
    assert.is(exitCode, later.includes(code) ? 3 : 1, code)
  }
  for (const code of [
    'EINVAL',
    'EBUSY',
    'EIO',
    'ENOMEM',
    'EAGAIN',
    'EADDRNOTAVAIL',
    'EAFNOSUPPORT',
    'EFBIG',
  ]) {
    assert.not.match((inWords(raw(code)) as Error).message, RAW)
    assert.not.match((inWords(raw(code, {})) as Error).message, RAW)
    assert.not.match((asStateError('/a/state', raw(code)) as Error).message, RAW)
  }
})

test('what is no error of the system stays what it is', () => {
  for (const error of [
    new TypeError('ours'),
    new ToolError('told', { hint: 'so' }),
    raw('ERR_INVALID_ARG_TYPE'),
  ]) {
    assert.is(inWords(error), error)
  }
})

onPosix(test)('a working directory that is gone is said to be', () => {
  const before = process.cwd()
  const gone = join(home, 'gone')
  mkdirSync(gone)
  process.chdir(gone)
  rmdirSync(gone)
  try {
    process.cwd()
    assert.unreachable()
  } catch (error) {
    const { message, hint } = inWords(error) as ToolError
    assert.match(message, /directory .* is gone/)
    assert.ok(hint)
  } finally {
    process.chdir(before)
  }
})

async function kdc(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const password = join(home, 'password')
  writeFileSync(password, 'correct horse battery\n', { mode: 0o600 })
  const program = startTool('src/kdc/main.ts', [...args, '--password-file', password], {
    ...cleanEnvironment(home),
    ...env,
  }).input()
  assert.is.not(await program.exit, 0)
  assert.not.match(program.stderr, RAW)
  assert.match(program.stderr, /^kdc: error: .*\nkdc: hint: .*\n$/)
  return program.stderr
}

const HOMELESS = { XDG_CONFIG_HOME: undefined, XDG_DATA_HOME: undefined, XDG_STATE_HOME: undefined }

onPosix(test)(
  'a home that is none, or nowhere, is said to be, and nothing lands in the working directory',
  async () => {
    for (const HOME of ['/dev/null', '', 'relative']) {
      const said = await kdc({ ...HOMELESS, HOME }, 'adduser', 'alice')
      assert.match(
        said,
        HOME === '/dev/null' ? /cannot make the directory \/dev\/null.*XDG_/s : /no home directory/,
      )
    }
  },
)

test('a data directory that is a file, or cannot be made, is said plainly', async () => {
  const file = join(home, 'a-file')
  writeFileSync(file, '')
  assert.match(await kdc({}, 'adduser', 'alice', '--data', file), /a file has that name/)
  assert.match(await kdc({}, 'adduser', 'alice', '--data', join(file, 'below')), /no directory/)
  const long = join(home, 'x'.repeat(300))
  assert.match(await kdc({}, 'adduser', 'alice', '--data', long), /name is too long/)
})

onLinux(test)(
  'a home where no directories can be made is told with where else things may be kept',
  async () => {
    const said = await kdc({ ...HOMELESS, HOME: '/proc/symbolon' }, 'adduser', 'alice')
    assert.match(said, /cannot make the directory \/proc\/symbolon.*\nkdc: hint: .*XDG_/)
  },
)

onLinux(test)('and one where no directories can be made is not tried for ever', async () => {
  assert.match(await kdc({}, 'adduser', 'alice', '--data', '/proc/symbolon'), /cannot make the directory/)
})

test('what is thrown where nothing waits for it ends the tool, in words', async () => {
  const cases: [string, number | string, RegExp][] = [
    [
      `Object.assign(new Error('ENOSPC: raw'), { code: 'ENOSPC', syscall: 'write' })`,
      3,
      /^x: error: cannot write: /,
    ],
    [`new TypeError('ours')`, 1, /^x: error: ours\n$/],
  ]
  const tool = new URL('../../src/cli/tool.ts', import.meta.url).href
  for (const [error, status, words] of cases) {
    const code = `import { runTool } from '${tool}'
      runTool('x', () => { setImmediate(() => { throw ${error} }); return new Promise(() => setInterval(() => {}, 1e6)) })`
    const args = ['--import', 'tsx', '--input-type=module', '-e', code]
    const program = await new Program(process.execPath, args, cleanEnvironment(home))
      .input()
      .ends(Number(status))
    assert.match(program.stderr, words)
    assert.not.match(program.stderr, RAW)
  }
})

test.run()
