import { describe, expect, it } from 'vitest'
import { IncusNodeDriver } from '../../../drivers/incus/compute.js'
import { IncusContainerDriver } from '../../../drivers/incus/container.js'
import { optionsOf } from '../../../lib/credentials.js'
import { InvalidRequestError } from '../../../lib/errors.js'

describe('INCUS', () => {
  it('socket: is where Incus puts it', () => {
    const before = process.env['INCUS_DIR']
    try {
      process.env['INCUS_DIR'] = '/srv/incus'
      for (const Driver of [IncusNodeDriver, IncusContainerDriver]) {
        const made = new Driver()
        expect(made.provider).toBe('incus')
        expect(optionsOf(made.connection).socketPath).toBe('/srv/incus/unix.socket')
        expect(made.connection.places.group).toBe('incus-admin')
      }
    } finally {
      if (before === undefined) delete process.env['INCUS_DIR']
      else process.env['INCUS_DIR'] = before
    }
  })

  it('images: come from its own server, and from OCI registries', () => {
    const { connection } = new IncusNodeDriver({ host: '127.0.0.1' })
    const oci = { type: 'image', alias: 'nginx:1', mode: 'pull', server: 'https://docker.io', protocol: 'oci' }
    expect(connection.imageSource('docker:nginx:1', {})).toEqual(oci)
    expect(connection.imageSource('images:debian/12', {})).toMatchObject({
      server: 'https://images.linuxcontainers.org',
    })
    expect(connection.imageSource('a', { ex_server: 'https://x' })).toMatchObject({ protocol: 'incus' })
    expect(connection.imageSource('ubuntu:24.04', {})).toEqual({ type: 'image', alias: 'ubuntu:24.04' })
  })

  it('ex_authenticate: takes tokens only', async () => {
    const made = new IncusNodeDriver({ host: '127.0.0.1' })
    await expect(made.ex_authenticate('password')).rejects.toThrow(InvalidRequestError)
  })
})
