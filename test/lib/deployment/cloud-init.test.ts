import { describe, expect, it } from 'vitest'
import { readCloudInit } from '../../../lib/deployment/cloud-init.js'
import { waitForCloudInit } from '../../../lib/deployment/index.js'
import { MalformedResponseError } from '../../../lib/errors.js'

const MARK = '-- libcloud --'
const stages = {
  v1: {
    datasource: 'DataSourceLXD',
    'init-local': { errors: [], finished: 1700000002.5, start: 1700000001 },
    init: { errors: [], finished: 1700000003, start: 1700000002.75 },
    'modules-config': { errors: [], finished: 1700000004, start: 1700000003.5 },
    'modules-final': { errors: [], finished: 1700000009, start: 1700000004.5 },
    stage: null,
  },
}
const told = (status: string, more: unknown = stages, version = '/usr/bin/cloud-init 22.4.2'): string =>
  `${status}\n${MARK}\n${more === null ? '' : JSON.stringify(more)}\n${MARK}\n${version}\n`

describe('readCloudInit', () => {
  it('22.4, done', () => {
    const json = {
      boot_status_code: 'enabled-by-generator',
      datasource: '',
      detail: 'DataSourceLXD',
      errors: [],
      last_update: 'Thu, 16 Nov 2023 10:00:00 +0000',
      status: 'done',
    }
    const status = readCloudInit(told(JSON.stringify(json, null, 1)))
    expect(status).toMatchObject({
      state: 'done',
      status: 'done',
      datasource: 'DataSourceLXD',
      version: '22.4.2',
      errors: [],
    })
    expect(status.seconds).toBe(8)
    expect(status.stages.map(({ name, seconds }) => [name, seconds])).toEqual([
      ['init-local', 1.5],
      ['init', 0.25],
      ['modules-config', 0.5],
      ['modules-final', 4.5],
    ])
    expect(status.stages[0]?.start).toEqual(new Date(1700000001000))
  })

  it('24.1, degraded: what it got over', () => {
    const json = {
      datasource: 'lxd',
      detail: 'DataSourceLXD',
      errors: [],
      extended_status: 'degraded done',
      recoverable_errors: { WARNING: ['Failed at merging in cloud config part'] },
      status: 'done',
    }
    expect(readCloudInit(told(`....${JSON.stringify(json)}`))).toMatchObject({
      state: 'degraded',
      status: 'degraded done',
      datasource: 'DataSourceLXD',
      recoverableErrors: { WARNING: ['Failed at merging in cloud config part'] },
    })
  })

  it('an error, with what failed in which stage', () => {
    const failed = {
      v1: { ...stages.v1, 'modules-final': { errors: ["('scripts-user', boom)"], finished: 1, start: 1 } },
    }
    const json = { status: 'error', detail: "('scripts-user', boom)", errors: ["('scripts-user', boom)"] }
    const status = readCloudInit(told(JSON.stringify(json), failed))
    expect(status).toMatchObject({ state: 'error', errors: ["('scripts-user', boom)"] })
    expect(status.stages[3]?.errors).toEqual(["('scripts-user', boom)"])
    expect(readCloudInit(told(JSON.stringify({ status: 'error', extended_status: 'error - running' }))).state).toBe(
      'error',
    )
  })

  it('versions before JSON', () => {
    const text =
      'status: done\ntime: Thu, 01 Jan 1970 00:00:00 +0000\ndetail:\nDataSourceNoCloud [seed=/dev/sr0][dsmode=net]\n'
    expect(readCloudInit(told(text))).toMatchObject({ state: 'done', datasource: 'DataSourceNoCloud', seconds: 8 })
    expect(readCloudInit(told('..\nstatus: error\ndetail: x\nerrors:\n\t- one\n\t- two\n')).errors).toEqual([
      'one',
      'two',
    ])
    expect(readCloudInit(told('status: not run\n', null))).toMatchObject({
      state: 'not started',
      stages: [],
      seconds: undefined,
    })
    expect(readCloudInit(told('status: disabled\n')).state).toBe('disabled')
  })

  it('a boot under way, none at all, and nonsense', () => {
    const half = {
      v1: { 'init-local': { errors: [], start: 1700000001, finished: null }, init: { start: null, finished: null } },
    }
    const running = readCloudInit(told(JSON.stringify({ status: 'running' }), half))
    expect(running).toMatchObject({ state: 'running', seconds: undefined })
    expect(running.stages).toMatchObject([
      { name: 'init-local', seconds: undefined },
      { name: 'init', start: undefined },
    ])
    expect(readCloudInit('absent\n')).toMatchObject({ state: 'absent', errors: [] })
    expect(readCloudInit('').state).toBe('unknown')
    expect(() => readCloudInit(told('{"status"'))).toThrow(MalformedResponseError)
  })
})

it('waitForCloudInit waits, or not, and asks as root where it is told', async () => {
  const calls: [string, unknown][] = []
  const client = {
    run: async (command: string, options: unknown) => {
      calls.push([command, options])
      return { stdout: 'absent\n', stderr: '', exitStatus: 0 }
    },
  }
  expect((await waitForCloudInit(client)).state).toBe('absent')
  await waitForCloudInit(client, { wait: false, sudo: true, timeout: 5 })
  expect(calls[0]?.[0]).toContain('cloud-init status --wait --format json')
  expect(calls[0]?.[1]).toMatchObject({ timeout: 600_000 })
  expect(calls[1]?.[0]).not.toContain('--wait')
  expect(calls[1]?.[1]).toMatchObject({ sudo: true, timeout: 5 })
})
