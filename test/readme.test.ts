/** What the README shows: its program, run as a project of its own that depends on this one, and its tools. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeArguments, Program } from './helpers/program.ts'
import { PASSWORD, Realm } from './helpers/realm.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const test = suite('README')

/** A program of its own that depends on this project; returns its file. */
function makeProject(realm: Realm, program: string): string {
  const project = join(realm.home, 'project')
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  // On Windows a junction needs no privilege.
  symlinkSync(ROOT, join(project, 'node_modules', 'symbolon'), 'junction')
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  const file = join(project, 'example.ts')
  writeFileSync(file, `const password = '${PASSWORD}'\n${program}`)
  return file
}

function runProject(realm: Realm, file: string): Promise<Program> {
  return new Program(process.execPath, nodeArguments(file), realm.env).input().ends(0)
}

test('its program sends a message, and ends', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? ''
  assert.match(example, "from 'symbolon'")
  const realm = await Realm.start('alice', 'bob')
  try {
    const program = example.replace('http://127.0.0.1:8800', realm.url)
    const project = makeProject(realm, program)
    const bob = await realm.receiver('bob')
    await runProject(realm, project)
    assert.is(bob.stdout, 'alice: hello\n')
  } finally {
    await realm.close()
  }
})

test('its program with a stream reads the stream to its end, and ends', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const example = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][1]?.[1] ?? ''
  assert.match(example, 'channel.stream()')
  const realm = await Realm.start('alice', 'bob')
  try {
    const backup = join(realm.home, 'backup.tar')
    writeFileSync(backup, Buffer.alloc(3_000_000, 'x'))
    const program = example.replaceAll('http://127.0.0.1:8800', realm.url)
    const project = makeProject(realm, program.replace("'backup.tar'", JSON.stringify(backup)))
    const ran = await runProject(realm, project)
    assert.is(ran.stdout, 'alice: 3000000 bytes\n')
  } finally {
    await realm.close()
  }
})

test('its tools leave messages and files for somebody who is away, and make a group', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, block = ''] = /```sh\n(npx tsx src\/users\.ts alice bob [\s\S]*?)```/.exec(readme) ?? []
  const commands = [...block.matchAll(/^npx tsx (src\/\w+\.ts) (.*?)(?: +#.*)?$/gm)].map(
    ([, file = '', args = '']) => ({ file, args: args.match(/"[^"]*"|\S+/g)?.map(String) ?? [] }),
  )
  assert.is(commands.length, 8)
  const realm = await Realm.start('alice', 'bob')
  const inbox = join(realm.home, 'inbox')
  realm.env.SYMBOLON_PASSWORD = PASSWORD
  realm.env.SYMBOLON_KDC = realm.url
  try {
    await realm.run('src/users.ts', 'bob').input().ends(0)
    for (const { file, args } of commands) {
      const given = args.map((arg) => (arg === 'inbox' ? inbox : arg.replaceAll('"', '')))
      const tool = realm.run(file, ...given).input()
      if (file === 'src/receiver.ts') {
        await tool.says('stdout', /alice: see you\n.*alice: \[file\] README\.md .* saved as .*\n/)
        await tool.stop()
      } else {
        await tool.ends(0)
      }
      if (file === 'src/users.ts') assert.is(tool.stdout, 'bob: away\n')
      if (args.includes('read')) assert.match(tool.stdout, /alice: hi, all\n$/)
    }
    assert.is(readFileSync(join(inbox, 'README.md'), 'utf8'), readme)
  } finally {
    await realm.close()
  }
})

test.run()
