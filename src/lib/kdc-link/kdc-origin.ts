/**
 * A KDC's URL: scheme, host and port, and nothing that would be dropped in silence.
 *
 * @module
 */

const EXAMPLE = 'http://127.0.0.1:8800'

/**
 * The origin that a KDC's URL names, the form under which a KDC is known (RFC 6454 §4).
 *
 * @throws TypeError when it is none, or says more than a KDC's address. Its message quotes nothing that may be a password.
 */
export function kdcOrigin(text: string): string {
  const url = parse(text)
  // What is before an @ may be a password, also where it is mistyped.
  const got = /[@?#]/.test(text) ? '' : `, got '${text}'`
  if (!url) throw new TypeError(`expected something like ${EXAMPLE}${got}`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`expected http: or https:, as in ${EXAMPLE}${got}`)
  }
  const more = whatElse(url)
  if (more) throw new TypeError(`${more} has no place in it, only scheme, host and port: ${EXAMPLE}`)
  return url.origin
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function whatElse(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') return 'a user name or password'
  // An empty one too, which only the whole shows.
  if (url.hash !== '' || url.href.endsWith('#')) return 'a fragment (#)'
  if (url.search !== '' || url.href.endsWith('?')) return 'a query (?)'
  return url.pathname === '/' ? undefined : 'a path'
}
