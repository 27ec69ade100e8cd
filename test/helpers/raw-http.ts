/** Clients that send whatever they are told to. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Connects to a server. */
export async function dial(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  // A peer that closes on what we still send is no error here: the tests look at what it answered before.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends bytes, and gives all that comes back until the server closes. */
export async function exchange(url: string, text: string): Promise<string> {
  const socket = await dial(url)
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}
