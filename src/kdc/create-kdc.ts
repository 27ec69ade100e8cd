/**
 * A KDC as part of another program.
 *
 * @module
 */
import { judgeOptions } from '../lib/check-options.ts'
import { openData } from './data.ts'
import { isWithin, loadMasterKeys } from './keys/master-keys.ts'
import { ProxyList } from './network/ip.ts'
import { embed, type KeptData, memoryData, parseSettings, SETTING_TYPES, startKdc } from './run-kdc.ts'
import type { EmbeddedKdc, KdcSettings } from './settings.ts'

/** What a KDC in a program of one's own is made with. */
export interface CreateKdcOptions extends KdcSettings {
  /** The directory of what it keeps, mode 0700; made with all that is in it, if need be. Default: all is in memory, and gone with the KDC. */
  readonly data?: string | undefined
  /**
   * The file of the master keys, which seal session tokens in the database: outside of `data`, whose thief they are to keep out. It is made if
   * there is none. Given if, and only if, `data` is.
   */
  readonly masterKeyFile?: string | undefined
  /** Whether passwords and secrets may cross a network unprotected. Default: false. */
  readonly allowPlaintext?: boolean | undefined
  /** Proxies whose `X-Forwarded-For` is believed: IP addresses, or networks such as `10.0.0.0/8`. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined
}

/**
 * Makes a KDC for a program of one's own, such as a Hono server that has other routes as well.
 *
 * The limits on connections and slow requests that `symbolon kdc` has are those of its server, and the affair of the program's own here. Mount
 * the app after the program's own routes: answers of all that come later are marked `Cache-Control: no-store`.
 *
 * @throws TypeError when an option is none, or not of its type; KeyFileError, FileError and StoreError when what is kept in `data` cannot be used.
 * @example
 * const kdc = await createKdc({ data: '/var/lib/kdc', masterKeyFile: '/etc/kdc/master.key' })
 * const app = new Hono().get('/about', (c) => c.text('our KDC')).route('/', kdc.app)
 * serve({ fetch: app.fetch, port: 8800 })   // of @hono/node-server
 */
export async function createKdc(options: CreateKdcOptions = {}): Promise<EmbeddedKdc> {
  judgeOptions('createKdc', options, {
    ...SETTING_TYPES,
    data: 'string',
    masterKeyFile: 'string',
    allowPlaintext: 'boolean',
    trustedProxies: 'array',
  })
  const { data, masterKeyFile, allowPlaintext = false, trustedProxies = [] } = options
  const proxies = new ProxyList(
    trustedProxies.map((text) => (typeof text === 'string' ? text : '')),
    (_, i) => {
      const where = `createKdc: options.trustedProxies[${i}]`
      throw new TypeError(`${where}: expected an IP address, or a network such as 10.0.0.0/8`)
    },
  )
  const settings = parseSettings('createKdc', options)
  if (data === '') throw new TypeError('createKdc: options.data: expected a path, got an empty string')
  if ((data === undefined) !== (masterKeyFile === undefined)) {
    throw new TypeError(
      'createKdc: options.masterKeyFile: expected a path if, and only if, there is options.data',
    )
  }
  const kept =
    data === undefined || masterKeyFile === undefined
      ? await memoryData()
      : await dataOnDisk(data, masterKeyFile)
  return embed(startKdc({ ...settings, ...kept, allowPlaintext, proxies }))
}

async function dataOnDisk(directory: string, masterKeyFile: string): Promise<KeptData> {
  if (isWithin(directory, masterKeyFile)) {
    throw new TypeError('createKdc: options.masterKeyFile: expected a file outside of options.data')
  }
  const masterKeys = loadMasterKeys(masterKeyFile)
  return { ...(await openData(directory)), masterKeys }
}
