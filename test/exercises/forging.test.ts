/**
 * Programs that do not solve the exercise and want to be taken for solved: each is told as what it is, none is accepted, and
 * nothing is left of it. A program can say what its functions return, and nothing else.
 */
import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeWorkbench } from '../../exercises/examiner/workbench.ts'
import { onLinux, onPosix } from '../helpers/needs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOLUTION = join(ROOT, 'exercises/04-the-ticket/solution/ticket.ts')
/** Of a call; a program that does not loop takes no such time. */
const PATIENCE_SEC = 60
const IMPATIENCE_SEC = 5

const folder = mkdtempSync(join(tmpdir(), 'forging-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

interface Graded {
  done: boolean
  findings: { problem?: string }[]
}

interface Graders {
  graded: Graded[]
  exitCode: number | null
  stderr: string
  /** What the grader's own temporary folder has in it afterwards. */
  left: string[]
  temporary: string
}

let runs = 0

/** The tool, on files: what it says of each. */
async function grade(files: string[], seconds: number): Promise<Graders> {
  const temporary = join(folder, `tmp-${++runs}`)
  mkdirSync(temporary)
  const limit = ['--json', '--time-limit', String(seconds)]
  const child = spawn(process.execPath, ['--import', 'tsx', 'exercises/run.ts', '04', ...limit, ...files], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const graded = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  // What tsx keeps for its next run is not ours.
  const left = readdirSync(temporary).filter((name) => !/^(?:tsx-|node-compile-cache)/.test(name))
  return { graded, exitCode, stderr, left, temporary }
}

const ANSWER = `{ ip_addr: '192.0.2.20', port: 52011, secret: 'A'.repeat(43), senderinfo: 'AQ', expires_at: 1, time: 1 }`
const solution = readFileSync(SOLUTION, 'utf8')

/** Each: what it does, its code, and how it is told. `loops` when only time tells. */
const FORGERS: { what: string; code: string; told: RegExp; loops?: true }[] = [
  {
    what: 'writes answers to where the grader reads them, before it is asked',
    code: `import { writeSync } from 'node:fs'
    for (let id = 1; id < 100; id++) writeSync(3, JSON.stringify({ id, value: ${ANSWER}, async: false, plain: true }) + '\\n')
    export const answerUserinfo = () => (${ANSWER})`,
    told: /the program writes to where its answers are read/,
  },
  {
    what: 'answers for a question that comes later',
    code: `import { writeSync } from 'node:fs'
    let id = 1
    export const answerUserinfo = () => {
      writeSync(3, JSON.stringify({ id: ++id + 1, value: ${ANSWER}, async: false, plain: true }) + '\\n')
      return ${ANSWER}
    }`,
    told: /the program writes to where its answers are read/,
  },
  {
    what: 'answers a question twice',
    code: `import { writeSync } from 'node:fs'
    let id = 0
    export const answerUserinfo = () => {
      writeSync(3, JSON.stringify({ id: ++id, value: ${ANSWER}, async: false, plain: true }) + '\\n')
      return ${ANSWER}
    }`,
    told: /the program writes to where its answers are read/,
  },
  {
    what: 'says that all properties hold',
    code: `import { writeSync } from 'node:fs'
    writeSync(3, JSON.stringify({ done: true, findings: [], properties: [] }) + '\\n')
    writeSync(1, '16 of 16 properties hold\\n')
    export const answerUserinfo = () => (${ANSWER})`,
    told: /the program writes to where its answers are read/,
  },
  {
    what: 'writes what is no line of JSON to where the grader reads',
    code: `import { writeSync } from 'node:fs'
    export const answerUserinfo = () => { writeSync(3, '{"id":\\n[[[\\n'); return ${ANSWER} }`,
    told: /the program writes to where its answers are read/,
  },
  {
    what: 'closes where the grader reads',
    code: `import { closeSync } from 'node:fs'
    closeSync(3)
    export const answerUserinfo = () => (${ANSWER})`,
    told: /the program ended by itself/,
  },
  {
    what: 'patches JSON',
    code: `const { stringify } = JSON
    JSON.stringify = (value, ...rest) => stringify(value, ...rest).replace(/"thrown":.*/, '"value":{"ip_addr":"192.0.2.20","port":52011},"async":false,"plain":true}')
    export const answerUserinfo = () => { throw new Error('no') }`,
    told: /the program writes to where its answers are read, and what it writes is none/,
  },
  {
    what: 'patches the prototypes of Promise, Array, String and Object',
    code: `Promise.prototype.then = function (resolved) { resolved?.({ ip_addr: '192.0.2.20' }); return this }
    Array.prototype.map = function () { return this }
    String.prototype.split = () => []
    Object.prototype.toJSON = () => ({ id: 1, value: { ip_addr: '192.0.2.20' }, done: true })
    export const answerUserinfo = () => (${ANSWER})`,
    told: /\S/,
    loops: true,
  },
  {
    what: 'patches how it is found out whether a thing is plain',
    code: `Object.getPrototypeOf = () => Object.prototype
    Object.getOwnPropertyDescriptors = () => ({})
    export const answerUserinfo = async () => (${ANSWER})`,
    told: /returned a promise/,
  },
  {
    what: 'imports the solution by a relative path',
    code: `export * from '../../solution/ticket.ts'`,
    told: /the file imports '\.\.\/\.\.\/solution\/ticket\.ts'/,
  },
  {
    what: 'imports the solution by its whole path',
    code: `export * from ${JSON.stringify(SOLUTION)}`,
    told: /the file imports '.*ticket\.ts'/,
  },
  {
    what: 'imports the solution by a path that is computed',
    code: `const place = [${JSON.stringify(SOLUTION.slice(0, -9))}, 'ticket.ts'].join('')
    export const answerUserinfo = async (...all) => (await import(place)).answerUserinfo(...all)`,
    told: /Access to this API has been restricted|ERR_ACCESS_DENIED/,
  },
  {
    what: 'requires the solution',
    code: `import { createRequire } from 'node:module'
    export const answerUserinfo = (...all) => createRequire(import.meta.url)(${JSON.stringify(SOLUTION)}).answerUserinfo(...all)`,
    told: /Access to this API has been restricted|ERR_ACCESS_DENIED/,
  },
  {
    what: 'reads the solution, and runs what it reads',
    code: `import { readFileSync } from 'node:fs'
    export const answerUserinfo = (...all) => new Function(readFileSync(${JSON.stringify(SOLUTION)}, 'utf8'))(...all)`,
    told: /ERR_ACCESS_DENIED/,
  },
  {
    what: "reads the grader's files",
    code: `import { readFileSync } from 'node:fs'
    const grader = readFileSync(${JSON.stringify(join(ROOT, 'exercises/04-the-ticket/grader.ts'))}, 'utf8')
    export const answerUserinfo = () => grader`,
    told: /ERR_ACCESS_DENIED|Access to this API has been restricted/,
  },
  {
    what: "calls the library's own createTicket by a name that is computed",
    code: `import * as library from 'symbolon/protocol'
    ${solution.replace(/import \{[\s\S]*?\} from 'symbolon\/protocol'/, 'const { concat, EMPTY, hkdf, KEY_BYTES, Secret, seal, toBase64url, utf8, ZERO_NONCE } = library')}
    makeSenderinfo = (content, token) => library['create' + 'Ticket'](content, token)`.replace(
      'export function makeSenderinfo(',
      'export let makeSenderinfo = function (',
    ),
    told: /exercise: createTicket is the library's own answer; write it yourself/,
  },
  {
    what: 'looks for the answers in the toolbox',
    code: `export const answerUserinfo = async () => (await import(['.', 'symbolon.mjs'].join('/'))).createTicket({}, {})`,
    told: /imports what it computes|exercise: createTicket is the library's own answer|returned a promise/,
  },
  {
    what: 'loads its own host a second time',
    code: `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    delete require.cache[require.resolve(['.', 'main.cjs'].join('/'))]
    require(['.', 'main.cjs'].join('/'))
    export const answerUserinfo = () => (${ANSWER})`,
    told: /\S/,
  },
  {
    what: 'kills the grader',
    code: `export const answerUserinfo = () => { process.kill(process.ppid, 'SIGKILL') }`,
    told: /your code threw Error: kill has nothing to do with the exercise/,
  },
  {
    what: 'kills the grader in another way',
    code: `import { kill } from 'node:process'
    export const answerUserinfo = () => { try { process._kill(process.ppid, 9) } catch { kill(process.ppid, 'SIGKILL') } }`,
    told: /your code threw Error: kill has nothing to do with the exercise/,
  },
  {
    what: 'opens the grader to a debugger',
    code: `export const answerUserinfo = () => { process._debugProcess(process.ppid) }`,
    told: /your code threw Error: _debugProcess has nothing to do with the exercise/,
  },
  {
    what: 'opens itself to a debugger',
    code: `import inspector from 'node:inspector'
    export const answerUserinfo = () => { const session = new inspector.Session(); session.connect(); inspector.open(0); return {} }`,
    told: /your code threw .*(?:ERR_ACCESS_DENIED|restricted)|ip_addr is undefined/,
  },
  {
    what: 'starts another program',
    code: `import { execFileSync } from 'node:child_process'
    export const answerUserinfo = () => execFileSync(process.execPath, ['--version'])`,
    told: /ERR_ACCESS_DENIED/,
  },
  {
    what: 'starts a worker',
    code: `import { Worker } from 'node:worker_threads'
    export const answerUserinfo = () => { new Worker('for (;;);', { eval: true }); return {} }`,
    told: /ERR_ACCESS_DENIED/,
  },
  {
    what: 'writes a file',
    code: `import { writeFileSync } from 'node:fs'
    export const answerUserinfo = () => { writeFileSync('program.mjs', ''); return {} }`,
    told: /ERR_ACCESS_DENIED/,
  },
  {
    what: 'writes a database',
    code: `export const answerUserinfo = () => {
      const { DatabaseSync } = process.getBuiltinModule('node:sqlite') ?? {}
      const database = new DatabaseSync(${JSON.stringify(join(folder, 'evil.db'))})
      database.exec('create table a (b)')
      return {}
    }`,
    told: /your code threw TypeError: (?:DatabaseSync|process\.getBuiltinModule) is not a|your code threw Error \(ERR_UNKNOWN_BUILTIN_MODULE\)/,
  },
  {
    what: 'leaves a socket',
    code: `import net from 'node:net'
    net.createServer().listen(${JSON.stringify(join(folder, 'evil.sock'))})
    export const answerUserinfo = () => ({})`,
    told: /your code threw Error: listen has nothing to do with the exercise/,
  },
  {
    what: 'has V8 write a file',
    code: `import { setFlagsFromString } from 'node:v8'
    setFlagsFromString(${JSON.stringify(`--redirect-code-traces-to=${join(folder, 'evil.asm')}`)})
    setFlagsFromString('--redirect-code-traces')
    setFlagsFromString('--print-code')
    const hot = (x) => 2 * x + 1
    for (let i = 0, sum = 0; i < 3e6; i++) sum += hot(i)
    export const answerUserinfo = () => (${ANSWER})`,
    told: /setFlagsFromString has nothing to do with the exercise/,
  },
  {
    what: 'has V8 write a file in another way',
    code: `import { createRequire } from 'node:module'
    export const answerUserinfo = () => {
      const v8 = process.getBuiltinModule?.('node:v8') ?? createRequire(import.meta.url)('v8')
      v8.setFlagsFromString(${JSON.stringify(`--trace-turbo-cfg-file=${join(folder, 'evil.cfg')}`)})
      return {}
    }`,
    told: /your code threw Error: setFlagsFromString has nothing to do with the exercise/,
  },
  {
    what: 'leaves a socket that it makes of its own input',
    code: `export const answerUserinfo = () => {
      const Pipe = process.stdin._handle.constructor
      const pipe = new Pipe(1)
      throw new Error('bound: ' + pipe.bind(${JSON.stringify(join(folder, 'evil-pipe.sock'))}))
    }`,
    told: /your code threw Error: bind has nothing to do with the exercise/,
  },
  {
    what: 'calls a local server with what its own input is made of',
    code: `export const answerUserinfo = () => {
      const Pipe = process.stdin._handle.constructor
      throw new Error('connected: ' + new Pipe(0).connect({}, ${JSON.stringify(join(folder, 'no.sock'))}))
    }`,
    told: /your code threw Error: connect has nothing to do with the exercise/,
  },
  {
    what: 'binds what a datagram socket is made of',
    code: `import dgram from 'node:dgram'
    export const answerUserinfo = () => {
      const socket = dgram.createSocket('udp4')
      const [state] = Object.getOwnPropertySymbols(socket).filter((one) => socket[one]?.handle)
      throw new Error('bound: ' + socket[state].handle.bind('127.0.0.1', 0, 0))
    }`,
    told: /your code threw Error: bind has nothing to do with the exercise/,
  },
  {
    what: 'calls a server',
    code: `export const answerUserinfo = async () => { await fetch('http://127.0.0.1:8089/').catch((error) => { throw error.cause }) }`,
    told: /your code threw Error: connect has nothing to do with the exercise/,
  },
  {
    what: 'makes the grader slow',
    code: `import { setPriority } from 'node:os'
    export const answerUserinfo = () => { setPriority(process.ppid, 19); return {} }`,
    told: /your code threw Error: setPriority has nothing to do with the exercise/,
  },
  {
    what: 'exits as if all were well',
    code: `export const answerUserinfo = () => { process.exitCode = 0; process.exit(0) }`,
    told: /the program ended by itself: is there a process\.exit\?/,
  },
  {
    what: 'exits when it is loaded',
    code: `process.exit(0)
    export const answerUserinfo = () => (${ANSWER})`,
    told: /the program ended by itself: is there a process\.exit\?/,
  },
  {
    what: 'sets the exit status',
    code: `process.exitCode = 0
    process.on('exit', () => { process.exitCode = 0 })
    export const answerUserinfo = () => (${ANSWER})`,
    told: /65 already/,
  },
  {
    what: 'aborts',
    code: `export const answerUserinfo = () => process.abort()`,
    told: /the program ended by itself/,
  },
  {
    what: 'loops for ever',
    code: `export const answerUserinfo = () => { for (;;); }`,
    told: /nothing happened for 5 s: is there an endless loop\?/,
    loops: true,
  },
  {
    what: 'loops when it is loaded',
    code: `for (;;);
    export const answerUserinfo = () => (${ANSWER})`,
    told: /nothing happened for 5 s: is there an endless loop\?/,
    loops: true,
  },
  {
    what: 'loops in promises',
    code: `export const answerUserinfo = async () => { for (;;) await 0 }`,
    told: /nothing happened for 5 s: is there an endless loop\?/,
    loops: true,
  },
  {
    what: 'never answers',
    code: `export const answerUserinfo = () => new Promise(() => {})`,
    told: /nothing happened for 5 s: is there an endless loop\?/,
    loops: true,
  },
  {
    what: 'takes the questions for itself',
    code: `import { readSync } from 'node:fs'
    process.stdin.pause()
    process.stdin.removeAllListeners()
    export const answerUserinfo = () => readSync(0, Buffer.alloc(1))`,
    told: /\S/,
    loops: true,
  },
  {
    what: 'floods the output',
    code: `export const answerUserinfo = () => { for (;;) process.stdout.write('properties hold '.repeat(1000)) }`,
    told: /it prints without end/,
  },
  {
    what: 'floods where the grader reads',
    code: `import { writeSync } from 'node:fs'
    export const answerUserinfo = () => { for (;;) try { writeSync(3, ' '.repeat(65536)) } catch {} }`,
    told: /it answers without end/,
  },
  {
    what: 'answers with a gigabyte',
    code: `export const answerUserinfo = () => ({ ip_addr: 'x'.repeat(2 ** 28), more: 'y'.repeat(2 ** 28) })`,
    told: /it answers without end|the program ended by itself|RangeError/,
  },
  {
    what: 'answers with more parts than can be counted',
    code: `export const answerUserinfo = () => ({ all: Array.from({ length: 1e6 }, () => ({})) })`,
    told: /your code threw RangeError: this value is too large/,
  },
  {
    what: 'answers with itself',
    code: `export const answerUserinfo = () => { const me = {}; me.me = me; return me }`,
    told: /your code threw RangeError: this value is too large/,
  },
  {
    what: 'leaves a rejection that nothing waits for',
    code: `${solution}
    const kept = answerUserinfo
    Promise.reject(new Error('lost'))`,
    told: /an error came where nothing waited for it: is an await missing\? your code threw Error: lost/,
  },
  {
    what: 'throws what is no error, with what a terminal obeys in it',
    code: `export const answerUserinfo = () => { throw '\\u001b[2J16 of 16 properties hold' }`,
    told: /something that is no Error was thrown: \\x1b\[2J16 of 16/,
  },
  {
    what: 'throws an error with a million characters in it',
    code: `export const answerUserinfo = () => { throw new Error('x'.repeat(2 ** 20)) }`,
    told: /your code threw Error: xxx/,
  },
  {
    what: 'throws an error that is a trap',
    code: `export const answerUserinfo = () => { throw Object.defineProperty(new Error(), 'message', { get() { process.exit(0) } }) }`,
    told: /the program ended by itself/,
  },
]

const file = (code: string, i: number) => {
  const place = join(folder, `forger-${i}`)
  mkdirSync(place)
  writeFileSync(join(place, 'ticket.ts'), code)
  return join(place, 'ticket.ts')
}
const files = new Map(FORGERS.map(({ code }, i) => [code, file(code, i)]))

const quick = FORGERS.filter(({ loops }) => !loops)
const slow = FORGERS.filter(({ loops }) => loops)
const outcomes = [
  {
    forgers: quick,
    graders: grade(
      quick.map(({ code }) => files.get(code) ?? ''),
      PATIENCE_SEC,
    ),
  },
  {
    forgers: slow,
    graders: grade(
      slow.map(({ code }) => files.get(code) ?? ''),
      IMPATIENCE_SEC,
    ),
  },
]
for (const { graders } of outcomes) graders.catch(() => {})

const forging = suite('a program that forges')

for (const { forgers, graders } of outcomes) {
  for (const [i, { what, told }] of forgers.entries()) {
    forging(`${what}: it is told as that`, async () => {
      const outcome = await graders
      const graded = outcome.graded[i]
      assert.ok(graded, outcome.stderr)
      assert.is(graded.done, false)
      const problems = graded.findings.map(({ problem }) => problem).filter(Boolean)
      assert.ok(
        problems.some((problem) => told.test(problem ?? '')),
        problems.slice(0, 3).join('\n'),
      )
    })
  }

  forging(`leaves nothing (${forgers.length} programs)`, async () => {
    const { exitCode, left, graded } = await graders
    assert.is(exitCode, 1)
    assert.is(graded.length, forgers.length)
    assert.equal(left, [])
    assert.equal(
      readdirSync(folder).filter((name) => name.startsWith('evil')),
      [],
    )
  })

  onLinux(forging)(`leaves no process (${forgers.length} programs)`, async () => {
    const { temporary } = await graders
    const alive = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(temporary)
      } catch {
        return false
      }
    })
    assert.equal(alive, [])
  })
}

onPosix(forging)('cannot have the solution by a symbolic link', async () => {
  const place = join(folder, 'linked')
  mkdirSync(place)
  writeFileSync(join(place, 'ticket.ts'), "export * from './mine.ts'\n")
  symlinkSync(SOLUTION, join(place, 'mine.ts'))
  writeFileSync(join(place, 'other.ts'), "export * from './solution/ticket.ts'\n")
  symlinkSync(join(SOLUTION, '..'), join(place, 'solution'))
  const { graded } = await grade([join(place, 'ticket.ts'), join(place, 'other.ts')], PATIENCE_SEC)
  for (const [i, path] of ['./mine.ts', './solution/ticket.ts'].entries()) {
    assert.is(graded[i]?.done, false)
    assert.match(graded[i]?.findings[0]?.problem ?? '', `the file imports '${path}'`)
  }
})

forging('has nothing bundled that is not its own, whatever it imports or refers to', async () => {
  const place = join(folder, 'bundled')
  mkdirSync(join(place, 'Mallory'), { recursive: true })
  mkdirSync(join(place, 'Anna'))
  writeFileSync(join(place, 'Anna', 'ticket.ts'), "export const annas = 'THE WORK OF ANNA'\n")
  writeFileSync(
    join(place, 'map.json'),
    JSON.stringify({ version: 3, sources: ['THE-WORK-OF-ANNA.ts'], mappings: 'AAAA', names: [] }),
  )
  writeFileSync(join(place, 'Mallory', 'tsconfig.json'), JSON.stringify({ extends: '../tsconfig.json' }))
  writeFileSync(join(place, 'tsconfig.json'), 'THE WORK OF ANNA')
  const template = '`../$' + '{x}/ticket.ts`'
  const codes = [
    `export const f = (x: string) => import(${template})`,
    `export const f = (x: string) => require(${template})`,
    "export const f = (x: string) => import('../' + x + '.ts')",
    "export const f = (x: string) => import(x ? '../' + x + '.ts' : './a.ts')",
    "export const f = (x: string) => r\\u0065quire('../' + x + '.ts')",
    'export const f = 1\n//# sourceMappingURL=../map.json\n',
    'export const f = 1\n/*# sourceMappingURL=../map.json */\n',
  ]
  for (const code of codes) {
    const file = join(place, 'Mallory', 'ticket.ts')
    writeFileSync(file, code)
    const outcome = await makeWorkbench({ file, tools: [] }).catch((error: Error) => error)
    if (outcome instanceof Error) {
      assert.match(outcome.message, 'imports what it computes', code)
      continue
    }
    const program = readFileSync(join(outcome.folder, 'program.mjs'), 'utf8')
    outcome.remove()
    const [, map = ''] = /base64,(.*)/.exec(program) ?? []
    assert.not.match(program + Buffer.from(map, 'base64'), /THE.WORK.OF.ANNA/, code)
  }
})

forging.run()
