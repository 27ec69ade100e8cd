/** The same with the tools themselves: processes that are killed, or asked to stop, in the middle of a transfer. */
import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CuttingProxy } from '../helpers/cutting-proxy.ts'
import { Program } from '../helpers/program.ts'
import { LISTENING, Realm } from '../helpers/realm.ts'
import { events } from './tools.ts'

const transfer = suite('tools that are cut short')
const SIZE = 30_000_000
let realm: Realm
let proxy: CuttingProxy
let bobsPort = 0

transfer.before(async () => {
  realm = await Realm.start('alice', 'bob')
  proxy = await CuttingProxy.start(() => ({ host: '127.0.0.1', port: bobsPort }))
})

transfer.after(async () => {
  await proxy.close()
  await realm.close()
})

const at = (...names: string[]) => join(realm.home, ...names)

async function receiver(inbox: string): Promise<Program> {
  const bob = await realm.receiver('bob', '--output', inbox, '--max-file', '1GB')
  bobsPort = Number(await bob.says('stderr', LISTENING))
  return bob
}

/** Alice sends bob a file, through the proxy. */
function sender(path: string, ...args: string[]): Program {
  return realm.toolWith(proxy.detour(), 'sender', 'alice', 'bob', '--file', path, ...args).input()
}

const visible = (inbox: string) => readdirSync(inbox).filter((name) => !name.startsWith('.symbolon-'))

interface Ending {
  readonly name: string
  /** Who is told to end, and how. */
  readonly act: (alice: Program, bob: Program) => void
  readonly alice: number | string
  readonly says?: RegExp
  readonly bobSays?: RegExp
  /** How bob ends, if he does. */
  readonly bob?: number | string
}

const GOES_ON = /^sender: hint: the same command again goes on from what has arrived$/m

const ENDINGS: readonly Ending[] = [
  { name: 'the connection is cut', act: () => proxy.cut(), alice: 3, says: GOES_ON },
  { name: 'the sender is killed', act: (alice) => void alice.child.kill('SIGKILL'), alice: 'SIGKILL' },
  {
    name: 'the sender is stopped by Ctrl+C',
    act: (alice) => void alice.child.kill('SIGINT'),
    alice: 1,
    says: /^sender: error: stopped: big\.iso was on its way, \d+ MB of 30 MB$/m,
    bobSays: /big\.iso: the peer gave up: stopped after \d+ MB/,
  },
  {
    name: 'the receiver is killed',
    act: (_, bob) => void bob.child.kill('SIGKILL'),
    alice: 3,
    says: GOES_ON,
    bob: 'SIGKILL',
  },
  {
    name: 'the receiver is stopped by Ctrl+C',
    act: (_, bob) => void bob.child.kill('SIGINT'),
    alice: 3,
    says: /^sender: error: .*stopped.*big\.iso was on its way/m,
    bob: 0,
  },
]

for (const { name, act, alice: status, says, bobSays, bob: bobs } of ENDINGS) {
  transfer(`when ${name}, the file is not there; sent again, it goes on`, async () => {
    const inbox = at(`inbox ${name}`)
    const content = randomBytes(SIZE)
    const path = at('big.iso')
    writeFileSync(path, content)
    let bob = await receiver(inbox)
    const after = randomInt(SIZE / 3, SIZE - SIZE / 10)
    const alice = sender(path)
    const cut = new Promise<void>((resolve) => {
      proxy.after(after, () => {
        act(alice, bob)
        resolve()
      })
    })
    await Program.meanwhile([alice, bob], cut)
    assert.is(await alice.exit, status, `cut after ${after}: ${alice.stderr}`)
    if (says) assert.match(alice.stderr, says)
    assert.equal(visible(inbox), [], `cut after ${after}`)
    if (bobSays) await bob.says('stderr', bobSays)
    if (bobs === undefined) {
      await bob.says('stderr', /^receiver: alice: big\.iso: .* after \d+ MB of 30 MB, from which it goes on/m)
    } else {
      assert.is(await bob.exit, bobs)
      bob = await receiver(inbox)
    }
    const again = await sender(path, '--json').ends(0)
    const resumed = events(again.stdout).find(({ event }) => event === 'resumed')
    assert.ok(resumed && resumed.bytes >= 1024 * 1024 && resumed.bytes < SIZE, JSON.stringify(resumed))
    assert.equal(readdirSync(inbox), ['big.iso'], 'nothing is left over')
    assert.ok(readFileSync(join(inbox, 'big.iso')).equals(content))
    await bob.stop()
  })
}

transfer('a second Ctrl+C ends a tool at once, and what was hidden stays so', async () => {
  const inbox = at('twice')
  const path = at('big.iso')
  writeFileSync(path, randomBytes(SIZE))
  const bob = await receiver(inbox)
  const alice = sender(path)
  const stopped = new Promise<void>((resolve) => {
    proxy.after(SIZE / 2, () => {
      alice.child.kill('SIGINT')
      alice.child.kill('SIGINT')
      resolve()
    })
  })
  await Program.meanwhile([alice, bob], stopped)
  assert.ok([1, 130].includes((await alice.exit) as number), alice.stderr)
  await bob.says('stderr', /big\.iso: .* goes on when it is sent again/)
  assert.not.ok(existsSync(join(inbox, 'big.iso')))
  await bob.stop()
})

transfer.run()
