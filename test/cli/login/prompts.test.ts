/** What is asked for on a terminal: in which order, and how often. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanEnvironment, nodeCommand } from '../../helpers/program.ts'
import { PASSWORD, Realm } from '../../helpers/realm.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const prompts = suite<{ realm: Realm }>('prompts on a terminal')
const tmux = withTmux(prompts)
let opened: Terminal[] = []

prompts.before(async (context) => {
  context.realm = await Realm.start('alice', 'bob')
})
prompts.after.each(() => {
  for (const terminal of opened) terminal.close()
  opened = []
})
prompts.after(({ realm }) => realm.close())

function run(env: NodeJS.ProcessEnv, command: string): Terminal {
  // It says how it ended, and stays.
  const line = `${nodeCommand(`src/${command}`)}; echo "status $?"; exec cat`
  const terminal = new Terminal(`prompts-${opened.length}-${Math.random()}`.replace('.', ''), line, env, ROOT)
  opened.push(terminal)
  return terminal
}

const count = (screen: string, pattern: RegExp) => screen.match(pattern)?.length ?? 0

tmux('no person types a password, or an invitation, for a KDC that is not there', async () => {
  const home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
  try {
    for (const command of [
      'sender.ts alice bob hi --kdc http://127.0.0.1:1',
      'passwd.ts alice --kdc http://127.0.0.1:1',
      // Not on this machine: without an invitation nothing may be sent, but there is nothing to send it to.
      'register.ts alice --kdc http://0.0.0.0:1',
    ]) {
      const screen = await run(cleanEnvironment(home), command).shows(/status \d/)
      assert.match(screen, /kdc_unreachable/, command)
      assert.match(screen, /status 3/, command)
      assert.not.match(screen, /password for|invitation: *$/m, command)
    }
  } finally {
    rmSync(home, { recursive: true })
  }
})

tmux('a mistyped password is asked for again, twice', async ({ realm }) => {
  const terminal = run(realm.env, `sessions.ts alice --kdc ${realm.url}`)
  const passwords = ['mistyped', 'again', PASSWORD]
  for (const [i, password] of passwords.entries()) {
    await terminal.shows(new RegExp(`(password for alice:[\\s\\S]*){${i + 1}}`))
    terminal.type(password)
    terminal.press('Enter')
  }
  const screen = await terminal.shows(/status \d/)
  assert.match(screen, /status 0/)
  assert.is(count(screen, /wrong: try again/g), 2)
  assert.not.match(screen, /mistyped/)
  assert.is(count(screen, /no other sessions/g), 1)
})

tmux('three times, and no more', async ({ realm }) => {
  const terminal = run(realm.env, `sessions.ts alice --kdc ${realm.url}`)
  for (let i = 1; i <= 3; i++) {
    await terminal.shows(new RegExp(`(password for alice:[\\s\\S]*){${i}}`))
    terminal.type('mistyped')
    terminal.press('Enter')
  }
  const screen = await terminal.shows(/status \d/)
  assert.match(screen, /login_refused/)
  assert.match(screen, /status 1/)
  assert.is(count(screen, /password for/g), 3)
})

tmux('one that is written down is tried once, and no person is asked', async ({ realm }) => {
  const env = { ...realm.env, SYMBOLON_PASSWORD: 'not the password' }
  const screen = await run(env, `sessions.ts alice --kdc ${realm.url}`).shows(/status \d/)
  assert.match(screen, /login_refused/)
  assert.not.match(screen, /try again|password for/)
})

tmux('bytes that are no UTF-8 do not log in, whatever they would become', async ({ realm }) => {
  const terminal = run(realm.env, `sessions.ts alice --kdc ${realm.url}`)
  await terminal.shows(/password for alice:/)
  terminal.typeBytes(0xff)
  terminal.press('Enter')
  const screen = await terminal.shows(/status \d/)
  assert.match(screen, /not text in UTF-8/)
  assert.match(screen, /status 2/)
})

tmux('a new password that is too short, or not repeated, is asked for again', async ({ realm }) => {
  const terminal = run(realm.env, `kdc/main.ts adduser carol --data ${join(realm.home, 'kdc')}`)
  const answer = async (asked: RegExp, text: string) => {
    await terminal.shows(asked)
    terminal.type(text)
    terminal.press('Enter')
  }
  await answer(/new password for carol:/, 'short')
  await answer(/fewer than 8 characters[\s\S]*new password for carol:/, 'long enough')
  await answer(/the same again:/, 'long enoguh')
  await answer(/the two passwords differ[\s\S]*new password for carol:/, PASSWORD)
  await answer(/differ[\s\S]*the same again:/, PASSWORD)
  const screen = await terminal.shows(/status \d/)
  assert.match(screen, /added carol/)
  assert.match(screen, /status 0/)
  await realm.tool('sessions', 'carol').ends(0)
})

prompts.run()
