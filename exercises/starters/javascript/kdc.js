/** Given: messages 1 to 3 of docs/protocol.md, in clear, so that everything can be seen. */

/** Something did not go as agreed; the message says what. */
export class Refused extends Error {
  name = 'Refused'
}

/** Refuses what is not base64url without padding (§1). */
export function fromBase64url(text) {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new Refused('this is not base64url')
  return bytes
}

/** Sends the fields as JSON; gives the reply's, or throws Refused with the problem's code (§3.5). */
async function post(kdc, path, fields) {
  const headers = { 'content-type': 'application/json' }
  let response
  let reply
  try {
    response = await fetch(new URL(path, kdc), { method: 'POST', headers, body: JSON.stringify(fields) })
    reply = await response.json()
  } catch (cause) {
    throw new Refused(`the KDC does not answer: ${cause.message}`, { cause })
  }
  if (response.status !== 200) throw new Refused(`the KDC refused ${path}: ${reply.code}`)
  return reply
}

/** Messages 1 and 2: who has logged in has a token. */
export class Session {
  #kdc
  #token

  constructor(kdc, username, token, ahead) {
    this.#kdc = kdc
    this.#token = token
    this.username = username
    /** How far the KDC's clock is ahead of ours, in seconds: by the KDC's, tickets are good or not. */
    this.ahead = ahead
  }

  static async login(kdc, username, password) {
    const { token, time } = await post(kdc, '/login', { username, password })
    return new Session(kdc, username, token, time - Math.floor(Date.now() / 1000))
  }

  /** The 32 bytes that only this session and the KDC know. */
  get token() {
    return fromBase64url(this.#token)
  }

  /** Message 3; what it gives is message 4 (§3.2). */
  userinfo(receiver) {
    return this.#ask('/userinfo', { receiver })
  }

  /** Says that channels are accepted at this port (§3.3). */
  async listen(port) {
    await this.#ask('/listen', { port })
  }

  #ask(path, fields) {
    return post(this.#kdc, path, { username: this.username, token: this.#token, ...fields })
  }
}
