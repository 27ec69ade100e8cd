/**
 * The option that names the proxies in front of a KDC.
 *
 * @module
 */
import { UsageError } from '../../cli/errors.ts'
import type { OptionHelp } from '../../cli/terminal/help.ts'
import { ProxyList, parseNetwork } from '../network/proxies.ts'

/** For `parseArguments`. */
export const PROXY_OPTION = {
  'trusted-proxy': { type: 'string', multiple: true, default: [] as string[] },
} as const

export const PROXY_HELP: OptionHelp = [
  '--trusted-proxy ADDR',
  'believe its X-Forwarded-For; also ADDR/BITS, repeated',
]

/**
 * What `--trusted-proxy` names, each time that it is given.
 *
 * @throws UsageError for what is neither an IP address nor a network of them.
 */
export function trustedProxies(texts: readonly string[]): ProxyList {
  return new ProxyList(
    texts.map((text) => {
      const network = parseNetwork(text)
      if (network) return network
      throw new UsageError(
        `--trusted-proxy: expected an IP address, or one with /BITS, got '${text}'`,
        'for example 127.0.0.1, 10.0.0.0/8 or fd00::/8',
      )
    }),
  )
}
