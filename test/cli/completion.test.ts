/** Completion: what is offered is what the tools take, and the shells offer it. */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { candidates, FILES, readHelp, SCRIPTS } from '../../src/cli/completion.ts'
import { TOOLS } from '../../src/cli/installed.ts'
import { KEYS } from '../../src/lib/mls/state/framing.ts'
import { login } from '../../src/lib/session.ts'
import { ClientState } from '../../src/state/client-state.ts'
import { stateDirectory } from '../../src/state/paths.ts'
import { needs, runs } from '../helpers/needs.ts'
import { nodeCommand } from '../helpers/program.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import { hasTmux, Terminal } from '../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const test = suite<{ realm: Realm }>('completion')
const withBash = needs('bash', () => runs('bash', '--version'), 'apt-get install bash')

test.before(async (context) => {
  context.realm = await Realm.start('alice', 'bob')
})
test.after(({ realm }) => realm.close())

test('each tool takes each option that is offered for it', async ({ realm }) => {
  const files = readdirSync(join(ROOT, 'src')).filter((name) => name.endsWith('.ts'))
  const judge = async (file: string) => {
    const { stdout } = await realm.run(`src/${file}`, '--help').ends(0)
    const { options } = readHelp(stdout)
    const given = [...options].filter(([option]) => option !== '--help' && option !== '--version')
    assert.ok(given.length > 0 || ['completion.ts', 'demo.ts'].includes(file), file)
    const args = given.flatMap(([option, takes]) => (takes === undefined ? [option] : [option, 'x']))
    // One that no tool has ends it before anything is done.
    const { stderr } = await realm.run(`src/${file}`, ...args, '--no-such').ends(2)
    assert.match(stderr, /there is no option --no-such/, file)
  }
  const tools = files.filter((file) => file !== 'symbolon.ts' && file !== 'client.ts')
  assert.is(tools.length, TOOLS.length - 1)
  await Promise.all(tools.map(judge))
})

test('commands, options, values and commands of commands are told by their place', async () => {
  assert.equal(await candidates(['se']), ['send', 'sessions'])
  assert.equal(await candidates(['help', 'who']), ['whoami'])
  assert.equal(await candidates(['send', 'alice', '--no-s']), ['--no-store'])
  assert.equal(await candidates(['send', 'alice', 'bob', '--file', '']), [FILES])
  assert.equal(await candidates(['group', 'alice', 're']), ['read', 'rejoin', 'remove'])
  assert.equal(await candidates(['kdc', 'addu']), ['adduser'])
  assert.ok((await candidates(['kdc', 'adduser', '--'])).includes('--data'))
  assert.equal(await candidates(['completion', '']), Object.keys(SCRIPTS).sort())
  assert.equal(await candidates(['kdc', '--registration', '']), ['closed', 'invitation', 'open'])
  assert.equal(await candidates(['kdc', '--log-level', 'w']), ['warn'])
  for (const words of [
    ['nonsense', ''],
    ['send', '--', 'alice', '--'],
    ['__proto__', ''],
  ]) {
    assert.equal(await candidates(words), [], words.join(' '))
  }
})

test('names are those that are known here, of others only while a session is kept', async ({ realm }) => {
  const words = async (...typed: string[]) =>
    (await realm.run('src/completion.ts', 'words', '--', ...typed).ends(0)).stdout.split('\n').slice(0, -1)
  await realm.tool('users', 'bob').ends(0)
  await realm.tool('login', 'alice').ends(0)
  const group = (...args: string[]) => realm.run('src/group.ts', 'alice', ...args, '--kdc', realm.url).ends(0)
  await group('create', 'friends')
  await group('add', 'friends', 'bob')
  assert.equal(await words('send', 'al'), ['alice'])
  assert.equal(await words('send', 'alice', ''), ['bob'])
  assert.equal(await words('group', 'alice', 'send', ''), ['friends'])
  assert.equal(await words('group', 'alice', 'add', 'friends', ''), ['bob'])
  assert.equal(await words('group', 'alice', 'add', 'friends', 'bob', ''), [])
  await pin(realm, '$(touch pwned)', 'carol;reboot', ':files')
  assert.equal(await words('send', 'alice', ''), ['bob'])
  await realm.run('src/logout.ts').ends(0)
  assert.equal(await words('group', 'alice', 'send', ''), [])
  assert.equal(await words('send', ''), ['alice', 'bob'])
})

test('a shell that there is not, and no shell, are wrong usage', async ({ realm }) => {
  const { stderr } = await realm.run('src/completion.ts', 'tcsh').ends(2)
  assert.match(stderr, /expected bash, zsh, fish, powershell/)
  await realm.run('src/completion.ts').ends(2)
})

/** Has alice's state know principals of these names. */
async function pin(realm: Realm, ...names: string[]): Promise<void> {
  const alice = await login(realm.url, 'alice', PASSWORD)
  const base = join(realm.home, 'state', 'symbolon')
  const state = await ClientState.open(stateDirectory(base, alice.kdcKey, 'alice'), alice.exportKey)
  await state.withState((store) =>
    store.write(new Map(names.map((name) => [KEYS.pin(name), new Uint8Array(32)] as const))),
  )
  await state.close()
  await alice.logout()
}

/** A folder with `symbolon` in it, from sources. */
function shim(realm: Realm): string {
  const folder = join(realm.home, 'bin')
  mkdirSync(folder, { recursive: true })
  const line = `exec ${nodeCommand('src/symbolon.ts')} "$@"`
  writeFileSync(join(folder, 'symbolon'), `#!/bin/sh\n${line}\n`)
  chmodSync(join(folder, 'symbolon'), 0o755)
  return folder
}

withBash(test)('bash is offered them, and names of files', ({ realm }) => {
  const env = { ...realm.env, PATH: `${shim(realm)}:${process.env.PATH}` }
  const complete = (...words: string[]) => completeIn(`symbolon ${words.join(' ')}`, ...words)
  /** @param words - of the line, as bash cuts them. */
  const completeIn = (line: string, ...words: string[]) => {
    const script = `${SCRIPTS.bash}
COMP_WORDS=(symbolon "$@"); COMP_CWORD=$#; COMP_LINE=$LINE; _symbolon; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
      encoding: 'utf8',
      env: { ...env, LINE: line },
      cwd: ROOT,
    })
    assert.is(stderr.replace(/.*compopt.*\n/, ''), '')
    return stdout.trim().split('\n')
  }
  assert.equal(complete('rec'), ['receive'])
  assert.equal(complete('send', '--time'), ['--timeout'])
  assert.equal(complete('send', 'alice', 'bob', '--file', 'package.'), ['package.json'])
  assert.equal(complete('nonsense', ''), [''])
  // It cuts a URL to pieces, which are no arguments.
  const url = ['http', ':', '//127.0.0.1', ':', '8800']
  const commands = ['read', 'rejoin', 'remove']
  for (const [line, ...words] of [
    ['group --kdc http://127.0.0.1:8800 alice re', 'group', '--kdc', ...url, 'alice', 're'],
    ['group --kdc=http://127.0.0.1:8800  alice re', 'group', '--kdc', '=', ...url, 'alice', 're'],
    ['group "alice" re', 'group', '"alice"', 're'],
  ]) {
    assert.equal(completeIn(`symbolon ${line}`, ...words), commands, line)
  }
})

test('PowerShell is asked for what is before the word by names that it has', () => {
  // https://learn.microsoft.com/dotnet/api/system.management.automation.language.ast: an Ast has its place in Extent.
  const members = [...SCRIPTS.powershell.matchAll(/\$_\.(\w+)\.(\w+)/g)].map(([, ...names]) => names)
  assert.equal(members, [['Extent', 'StartOffset']])
})

withBash(test)('a bash that quotes no names is given quoted ones', ({ realm }) => {
  const folder = join(realm.home, 'files')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a$(touch pwned)`touch pwned`;touch pwned'), '')
  const env = { ...realm.env, PATH: `${shim(realm)}:${process.env.PATH}` }
  // As bash 3.2, which has no compopt.
  const script = `${SCRIPTS.bash}
compopt() { return 127; }
COMP_WORDS=(symbolon send alice bob --file a); COMP_CWORD=5; _symbolon; eval "cat \${COMPREPLY[0]}"`
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env, cwd: folder })
  assert.is(status, 0, stderr)
  assert.is(readdirSync(folder).length, 1)
})

test('powershell is asked with the words before the one that is typed', () => {
  // https://learn.microsoft.com/dotnet/api/system.management.automation.language.ast.extent
  assert.match(SCRIPTS.powershell, /\$_\.Extent\.StartOffset -lt \$cursor - \$word\.Length/)
})

for (const [shell, start, prompt] of [
  ['bash', 'bash --noprofile --norc -i', `PS1='> '`],
  ['zsh', 'zsh -f', `PS1='> '; autoload -U compinit; compinit -D -u`],
  ['fish', 'fish --private', `function fish_prompt; echo '> '; end`],
] as const) {
  const has = () => hasTmux() && runs(shell, '--version')
  needs(`tmux and ${shell}`, has, `apt-get install tmux ${shell}`)(test)(
    `${shell} completes on a terminal, by Tab`,
    async ({ realm }) => {
      const cwd = join(realm.home, shell)
      mkdirSync(join(cwd, 'sp ace'), { recursive: true })
      writeFileSync(join(cwd, 'sp ace', 'no te'), '')
      writeFileSync(join(cwd, 'script'), SCRIPTS[shell])
      const env: NodeJS.ProcessEnv = {
        ...realm.env,
        PATH: `${shim(realm)}:${process.env.PATH}`,
        HOME: realm.home,
        XDG_DATA_HOME: join(cwd, 'data'),
        LANG: 'C.UTF-8',
      }
      // As fish makes it from the manual.
      const made = join(cwd, 'data', 'fish', 'generated_completions')
      mkdirSync(made, { recursive: true })
      writeFileSync(join(made, 'symbolon.fish'), 'complete -c symbolon -l dazzle\n')
      const terminal = new Terminal(`completion-${shell}`, start, env, cwd)
      const completes = async (typed: string, pattern: RegExp) => {
        // The prompt comes back with an empty line.
        terminal.press('C-u')
        terminal.type(typed)
        terminal.press('Tab')
        await terminal.shows(pattern)
      }
      try {
        terminal.type(`${prompt}; source ./script; clear`)
        terminal.press('Enter')
        await terminal.shows(/^>\s*$/)
        await completes('symbolon who', /^> symbolon whoami/m)
        await completes('symbolon group alice rej', /^> symbolon group alice rejoin/m)
        await completes('symbolon kdc adduser --da', /^> symbolon kdc adduser --data/m)
        await completes('symbolon send alice bob --file sp', /^> symbolon send .* --file sp\\ ace\//m)
        await completes(
          'symbolon send alice bob --file sp\\ ace/no',
          /^> symbolon .* --file sp\\ ace\/no\\ te/m,
        )
      } finally {
        terminal.close()
      }
    },
  )
}

test.run()
