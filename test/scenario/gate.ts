/** Somebody on the wire to the KDC who sees which request passes, and can do something at that moment. */
import * as net from 'node:net'

export interface Gate {
  readonly url: string
  close(): void
}

/**
 * Passes everything on to `port`.
 *
 * @param onRequest - called with the path of each request before the KDC gets it; with `false` it never does.
 */
export async function startGate(port: number, onRequest: (path: string) => boolean): Promise<Gate> {
  const server = net.createServer((client) => {
    const kdc = net.connect(port, '127.0.0.1')
    client.on('data', (data) => {
      const path = /^POST (\S+) HTTP/.exec(data.toString('latin1'))?.[1]
      if (path === undefined || onRequest(path)) kdc.write(data)
      else kdc.destroy()
    })
    kdc.on('data', (data) => client.write(data))
    for (const [from, to] of [
      [client, kdc],
      [kdc, client],
    ] as const) {
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    close: () => server.close(),
  }
}
