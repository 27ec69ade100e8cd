/** Files between two people at their terminals. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CuttingProxy } from '../helpers/cutting-proxy.ts'
import { nodeCommand } from '../helpers/program.ts'
import { LISTENING, PASSWORD, Realm } from '../helpers/realm.ts'
import { Terminal, withTmux } from '../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const test = suite('files, on a terminal')
const onTerminal = withTmux(test)
let realm: Realm

test.before(async () => {
  realm = await Realm.start('alice', 'bob')
  realm.env.SYMBOLON_PASSWORD = PASSWORD
})

test.after(() => realm.close())

let opened = 0

/** Runs the tool, then shows its exit status, so that the screen tells when it has ended. */
function open(command: string, env: NodeJS.ProcessEnv = {}): Terminal {
  const name = `files-${++opened}`
  const script = join(realm.home, `${name}.sh`)
  writeFileSync(
    script,
    `trap : INT\n${nodeCommand(command)} --kdc ${realm.url}\necho "exit status $?"\nread -r _\n`,
  )
  return new Terminal(name, `sh ${script}`, { ...realm.env, ...env }, ROOT)
}

function make(name: string, bytes: number): { path: string; content: Buffer } {
  const path = join(realm.home, name)
  const content = randomBytes(bytes)
  writeFileSync(path, content)
  return { path, content }
}

onTerminal('--ask asks once for each transfer, and saves what is wanted', async () => {
  const inbox = join(realm.home, 'asked')
  const bob = open(`src/receiver.ts bob --output ${inbox} --ask`)
  try {
    await bob.shows(LISTENING)
    const { path, content } = make('report.pdf', 200_000)
    const small = make('note', 10).path
    const no = realm.tool('sender', 'alice', 'bob', '--file', path, small).input()
    await bob.shows(
      /^alice wants to send report\.pdf and 1 more \(2 files, 200 kB\)\. Save them\? \[y\/N\]$/m,
    )
    bob.press('Enter')
    await no.ends(1)
    assert.match(no.stderr, /not delivered: report\.pdf: bob does not want it \(file_refused\)/)
    assert.match(no.stderr, /error: 2 of 2 not delivered/)
    await bob.shows(/^\* alice: \[file\] note \(10 bytes\) not wanted: not saved$/m)

    const yes = realm.tool('sender', 'alice', 'bob', '--file', path, small).input()
    await bob.shows(/not saved\n(.*\n)*alice wants to send report\.pdf .*\[y\/N\]$/m)
    // A line that was meant for another, just as the question came.
    bob.type('maybe')
    bob.press('Enter')
    await bob.shows(/^neither yes nor no, and not sent: alice wants to send report\.pdf(.*\n)*.*\[y\/N\]$/m)
    bob.type('y')
    bob.press('Enter')
    await yes.ends(0)
    await bob.shows(/note \(10 bytes\) saved as/)
    assert.ok(readFileSync(join(inbox, 'report.pdf')).equals(content))

    // Who goes away need not be answered.
    const gone = realm.tool('sender', 'alice', 'bob', '--file', make('gone', 200_000).path).input()
    await bob.shows(/alice wants to send gone/)
    await gone.stop('SIGINT')
    await bob.shows(/^receiver: alice: .*nothing has come\n>$/m)
    assert.not.ok(existsSync(join(inbox, 'gone')))
    bob.press('C-c')
    await bob.shows(/exit status 0/)
  } finally {
    bob.close()
  }
})

onTerminal(
  'how far it is shows on both screens, gives way to what is typed, and Ctrl+C ends it',
  async () => {
    let bobsPort = 0
    const proxy = await CuttingProxy.start(() => ({ host: '127.0.0.1', port: bobsPort }))
    proxy.delayMs = 5
    const inbox = join(realm.home, 'slow')
    const bob = open(`src/receiver.ts bob --output ${inbox}`)
    const terminals = [bob]
    try {
      bobsPort = Number(LISTENING.exec(await bob.shows(LISTENING))?.[1])
      const { path, content } = make('big.iso', 40_000_000)
      const alice = open(`src/sender.ts alice bob --file ${path}`, proxy.detour())
      terminals.push(alice)
      const line = /^big\.iso {2}\d+ %, [\d.]+ MB of 40 MB, [\d.]+ [kM]B\/s, \d+ s left$/m
      await alice.shows(line)
      await bob.shows(line)
      bob.type('half a line')
      await bob.shows(/^> half a line$/m)
      alice.press('C-c')
      const stopped = await alice.shows(/exit status/)
      assert.match(stopped, /^sender: error: stopped: big\.iso was on its way, [\d.]+ MB of 40 MB$/m)
      assert.match(stopped, /^sender: hint: the same command again goes on from what has arrived$/m)
      assert.match(stopped, /exit status 1/)
      assert.not.match(stopped, line, 'the line is wiped')
      await bob.shows(/^receiver: alice: big\.iso: [\s\S]*> half a line$/m)
      assert.not.ok(existsSync(join(inbox, 'big.iso')))
      bob.press('C-u')

      const again = open(`src/sender.ts alice bob --file ${path}`, proxy.detour())
      terminals.push(again)
      await again.shows(/^sender: big\.iso: going on from [\d.]+ MB of 40 MB, which bob has$/m)
      await again.shows(line)
      proxy.delayMs = 0
      const done = await again.shows(/exit status/)
      assert.match(done, /^sender: delivered big\.iso to bob\nexit status 0$/m)
      await bob.shows(/^\* alice: \[file\] big\.iso \(40 MB\) saved as/m)
      assert.ok(readFileSync(join(inbox, 'big.iso')).equals(content))
    } finally {
      for (const terminal of terminals) terminal.close()
      await proxy.close()
    }
  },
)

test.run()
