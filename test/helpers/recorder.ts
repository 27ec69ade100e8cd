/** An eavesdropper on the wire to a server: keeps every byte. */
import * as net from 'node:net'

export interface Recorder {
  readonly url: string
  /** All that passed, in both directions. */
  recorded(): Buffer
  close(): void
}

/** Passes everything on to `port`, and keeps it. */
export async function startRecorder(port: number): Promise<Recorder> {
  const recorded: Buffer[] = []
  const server = net.createServer((client) => {
    const kdc = net.connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, kdc],
      [kdc, client],
    ] as const) {
      from.on('data', (data) => {
        recorded.push(data)
        to.write(data)
      })
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    recorded: () => Buffer.concat(recorded),
    close: () => server.close(),
  }
}
