import { readFile } from 'node:fs/promises'
import type { DriverOptions } from '../../lib/options.js'
import type { FileCloud } from './clouds.js'

/** The options that the files of a cloud in `clouds.yaml` amount to. */
export async function tlsOptions(tls: NonNullable<FileCloud['tls']>): Promise<Partial<DriverOptions>> {
  const { verify, ca, cert, key } = tls
  return {
    ...(verify === false ? { verifyTls: false } : {}),
    ...(ca === undefined ? {} : { ca: await readFile(ca, 'utf8') }),
    ...(cert === undefined ? {} : { clientCert: await readFile(cert, 'utf8') }),
    ...(key === undefined ? {} : { clientKey: await readFile(key, 'utf8') }),
  }
}
