/** A test that waits for a program that has ended would wait until it is ended itself, and tell nothing of why. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Program } from './program.ts'
import { Realm } from './realm.ts'

const test = suite('waiting for programs')
const never = new Promise<never>(() => {})

const node = (script: string) => new Program(process.execPath, ['-e', script], process.env).input()

/** What a wait that fails tells. */
async function failure(wait: Promise<unknown>): Promise<string> {
  const error = await wait.then(
    () => undefined,
    (error: Error) => error,
  )
  assert.instance(error, Error)
  return error?.message ?? ''
}

test('a wait ends with the program, and tells what it said', async () => {
  const running = node('setInterval(() => {}, 1000)')
  const ended = node('console.log("out"); console.error("no, because"); process.exitCode = 3')
  try {
    assert.match(await failure(ended.says('stderr', /yes/)), /ended without \/yes\/:\nout\n\nno, because/)
    const early = /ended too early, exit status 3:\nout\n\nno, because/
    assert.match(await failure(Program.meanwhile([running, ended], never)), early)
    const killed = failure(Program.meanwhile([running], never))
    running.child.kill('SIGKILL')
    assert.match(await killed, /exit status SIGKILL/)
  } finally {
    await running.stop('SIGKILL')
  }
})

test('what comes before the end is what comes of it', async () => {
  const program = node('console.log("done")')
  const outcome = program.says('stdout', /done/)
  assert.is(await Program.meanwhile([program], outcome), 'done')
  await program.ends(0)
})

test('a receiver that is refused is not taken for one that listens', async () => {
  const realm = await Realm.start('bob')
  try {
    // The KDC sends others to 127.0.0.1; not every system has the other one.
    const why = /^receiver: error: .*127\.0\.0\.2.* \((listener_unreachable|port_unavailable)\)$/m
    assert.match(await failure(realm.receiver('bob', '--host', '127.0.0.2')), why)
  } finally {
    await realm.close()
  }
})

test.run()
