/**
 * A file that is larger than the memory it goes through, from one process to another, each with 64 MiB of heap:
 *
 *     node --import tsx test/helpers/programs/send-large.ts 5368709120
 *
 * It needs as much room in the temporary directory.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from '../kdc.ts'
import { nodeArguments } from '../program.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const HEAP_MIB = 64

/** @returns the most memory that each process had, in bytes. */
export async function sendLarge(size: number): Promise<{ sender: number; receiver: number }> {
  const { path, remove } = temporaryDirectory()
  const [inbox, file] = [join(path, 'inbox'), join(path, 'large')]
  mkdirSync(inbox)
  // A hole: nothing is written for it.
  writeFileSync(file, 'begin')
  truncateSync(file, size)
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const start = async (script: string, argument: string) => {
    const { port } = server.address() as AddressInfo
    const program = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${HEAP_MIB}`, ...nodeArguments(program), `${port}`, argument],
      {
        cwd: ROOT,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    )
    let kilobytes = Number.NaN
    child.on('message', (message) => {
      kilobytes = Number(message)
    })
    const ended = once(child, 'exit').then(([status]) => {
      if (status !== 0) throw new Error(`${script} ended with ${status}`)
      return kilobytes * 1024
    })
    const [socket] = (await once(server, 'connection')) as [Socket]
    return { socket, ended }
  }
  try {
    const receiver = await start('receiving.ts', inbox)
    const sender = await start('sending.ts', file)
    sender.socket.pipe(receiver.socket).pipe(sender.socket)
    const [ofSender, ofReceiver] = await Promise.all([sender.ended, receiver.ended])
    if (statSync(join(inbox, 'large')).size !== size) throw new Error('it is not all there')
    return { sender: ofSender, receiver: ofReceiver }
  } finally {
    server.close()
    remove()
  }
}

const [, script, size] = process.argv
if (script === fileURLToPath(import.meta.url)) {
  const { sender, receiver } = await sendLarge(Number(size))
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
  process.stdout.write(`memory of the sender ${mib(sender)}, of the receiver ${mib(receiver)}\n`)
}
