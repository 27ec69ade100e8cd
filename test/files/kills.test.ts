/** Transfers over real sockets onto a real disk, that are killed and cut at random points: the whole is there, or nothing. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { takeInto } from '../../src/files/by-path.ts'
import { sourceOf } from '../../src/files/outgoing-tree.ts'
import { receiveItems, type Summary, sendItems } from '../../src/lib/transfer/index.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { nodeArguments } from '../helpers/program.ts'
import { pattern } from '../helpers/transfer-memory.ts'

interface Context {
  directory: ReturnType<typeof temporaryDirectory>
  inbox: string
  outbox: string
  server: Server
  /** Draws a number below another. */
  draw: (below: number) => number
}

const kills = suite<Context>('transfers that are killed')

const SIZE = 24_000_000
const WHOLE = pattern(SIZE)
/** In a directory: files of these sizes, and those below. */
const SIZES = [3_000_000, 0, 70_000, 5_000_000, 1, 65_536, 2_000_000]
const TOTAL = 2 * SIZES.reduce((sum, size) => sum + size, 0)
const KILLS = 5
const CUTS = 20

kills.before.each(async (context) => {
  context.directory = temporaryDirectory()
  context.inbox = join(context.directory.path, 'inbox')
  context.outbox = join(context.directory.path, 'outbox')
  mkdirSync(context.inbox)
  mkdirSync(join(context.outbox, 'photos', 'more'), { recursive: true })
  writeFileSync(join(context.outbox, 'f'), WHOLE)
  for (const [index, size] of SIZES.entries()) {
    writeFileSync(join(context.outbox, 'photos', `${index}`), pattern(size, index))
    writeFileSync(join(context.outbox, 'photos', 'more', `${index}`), pattern(size, index + 100))
  }
  context.server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(context.server, 'listening')
  // Another every time, and said where a test fails.
  let seed = (process.pid * 2654435761) % 2 ** 32
  context.draw = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
})
kills.after.each(({ directory, server }) => {
  server.close()
  directory.remove()
})

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function child(script: string, server: Server, ...args: string[]): ChildProcess {
  const { port } = server.address() as AddressInfo
  const path = fileURLToPath(new URL(`../helpers/programs/${script}`, import.meta.url))
  return spawn(process.execPath, [...nodeArguments(path), `${port}`, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

const visible = (inbox: string) => readdirSync(inbox).filter((name) => !name.startsWith('.'))

/** What is to be seen is the whole, once, or nothing. */
function look(inbox: string, name: string, said: string): boolean {
  const names = visible(inbox)
  if (names.length === 0) return false
  assert.equal(names, [name], said)
  if (name === 'f') assert.ok(readFileSync(join(inbox, name)).equals(WHOLE), said)
  else {
    for (const [index, size] of SIZES.entries()) {
      const [above, below] = [`${index}`, join('more', `${index}`)].map((path) =>
        readFileSync(join(inbox, name, path)),
      )
      assert.ok(above?.equals(pattern(size, index)), said)
      assert.ok(below?.equals(pattern(size, index + 100)), said)
    }
    assert.is(readdirSync(join(inbox, name)).length, SIZES.length + 1, said)
  }
  return true
}

/** How many bytes are to pass before the end: a few more than there are, so that what follows them is met as well. */
const points = (draw: Context['draw'], total: number) => draw(total * 1.05)

async function sendTo(socket: Socket, path: string, onBytes?: (bytes: number) => void): Promise<Summary> {
  let before = 0
  let last: unknown
  return sendItems(socket, [await sourceOf(path, { skipped() {} })], {
    onProgress: (item, bytes) => {
      if (item !== last) before = 0
      last = item
      onBytes?.(bytes - before)
      before = bytes
    },
  })
}

for (const [name, total] of [
  ['f', SIZE],
  ['photos', TOTAL],
] as const) {
  kills(`${name}: the receiver is killed, again and again`, async ({ server, inbox, outbox, draw }) => {
    let arrived = false
    for (let n = 0; n < KILLS && !arrived; n++) {
      let left = points(draw, total / 2)
      const said = `kill ${n}, after ${left} bytes`
      const receiving = child('receiving.ts', server, inbox)
      const ended = once(receiving, 'exit')
      const [socket] = (await once(server, 'connection')) as [Socket]
      await sendTo(socket, join(outbox, name), (bytes) => {
        left -= bytes
        if (left < 0) receiving.kill('SIGKILL')
      }).catch(() => {})
      receiving.kill('SIGKILL')
      await ended
      arrived = look(inbox, name, said)
    }
    if (!arrived) {
      const receiving = child('receiving.ts', server, inbox)
      const [socket] = (await once(server, 'connection')) as [Socket]
      const ended = once(receiving, 'exit')
      await sendTo(socket, join(outbox, name))
      assert.equal(await ended, [0, null])
    }
    assert.ok(look(inbox, name, 'at the end'))
  })

  kills(`${name}: the sender is killed, again and again`, async ({ server, inbox, outbox, draw }) => {
    const receive = async (socket: Socket, onBytes: () => void) =>
      receiveItems(socket, takeInto(inbox, 'alice').take, { onProgress: onBytes })
    let arrived = false
    for (let n = 0; n <= KILLS && !arrived; n++) {
      let left = points(draw, 100)
      const said = `kill ${n}, after ${left} pieces`
      const sending = child('sending.ts', server, join(outbox, name))
      const ended = once(sending, 'exit')
      const [socket] = (await once(server, 'connection')) as [Socket]
      await receive(socket, () => {
        if (n < KILLS && left-- < 0) sending.kill('SIGKILL')
      }).catch(() => {})
      sending.kill('SIGKILL')
      await ended
      arrived = look(inbox, name, said)
    }
    assert.ok(look(inbox, name, 'at the end'))
    assert.equal(readdirSync(inbox), [name])
  })

  kills(`${name}: the connection is cut, again and again`, async ({ server, inbox, outbox, draw }) => {
    const { port } = server.address() as AddressInfo
    let arrived = false
    for (let n = 0; n <= CUTS && !arrived; n++) {
      let left = n < CUTS ? points(draw, total / 10) : Number.POSITIVE_INFINITY
      const said = `cut ${n}, after ${left} bytes`
      const held = readdirSync(inbox).length > 0
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      const [theirs] = (await once(server, 'connection')) as [Socket]
      const [sent] = await Promise.allSettled([
        sendTo(socket, join(outbox, name), (bytes) => {
          left -= bytes
          if (left < 0) (draw(2) ? socket : theirs).destroy()
        }),
        receiveItems(theirs, takeInto(inbox, 'alice').take),
      ])
      if (sent.status === 'fulfilled' && held)
        assert.ok(sent.value.bytes < total, `${said}: all was sent again`)
      arrived = look(inbox, name, said)
    }
    assert.ok(look(inbox, name, 'at the end'))
    assert.equal(readdirSync(inbox), [name])
  })
}

kills.run()
