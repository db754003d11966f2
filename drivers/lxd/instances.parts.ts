import { readText } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { LXDInstances } from './instances.js'
import type { LXDImageSource } from './instances.shared.js'
import { instanceOf } from './names.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDName, LXDUpdateOptions } from './types.js'

/** What `ex_rebuildInstance` takes. */
export interface LXDRebuildOptions extends LXDChangeOptions, LXDImageSource {}
/** What an image tells of what is made of it. */
export interface LXDImageMetadata {
  readonly architecture: string
  /** Seconds since 1970. */
  readonly creationDate: number
  readonly expiryDate: number
  readonly properties: LXDConfig
  /** By the path in the instance. */
  readonly templates: Readonly<Record<string, LXDTemplate>>
}
/** When and of what a file of an instance is made. */
export interface LXDTemplate {
  /** `'create'`, `'copy'`, `'start'`. */
  readonly when: readonly string[]
  readonly createOnly?: boolean | undefined
  /** The template's name. */
  readonly template: string
  readonly properties?: LXDConfig | undefined
}

/** What instances are made of: images, logs, metadata and templates. */
export class LXDInstanceParts extends LXDInstances {
  /**
   * Makes an instance's root disk anew from an image. It must not run. Servers have it from 5.12 on.
   * @example await driver.ex_rebuildInstance('web-1', 'debian')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_rebuild_post
   */
  async ex_rebuildInstance(instance: LXDName, image: string, options?: LXDRebuildOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const source = this.connection.imageSource(image, options ?? {})
    const spec = { method: 'POST', path: path`/1.0/instances/${name}/rebuild`, json: { source } } as const
    await this.connection.change(spec, found)
  }

  /**
   * Names of an instance's log files.
   * @example const names = await driver.ex_listInstanceLogs('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_logs_get
   */
  ex_listInstanceLogs(instance: LXDName, options?: LXDCallOptions): Pager<string> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const map = (url: string): string => url.split('/').at(-1) as string
    return this.connection.list(path`/1.0/instances/${name}/logs`, found, { query: { recursion: undefined }, map })
  }

  /**
   * One of an instance's log files.
   * @example const text = await driver.ex_getInstanceLog('web-1', 'lxc.log')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_log_get
   */
  async ex_getInstanceLog(instance: LXDName, filename: string, options?: LXDCallOptions): Promise<string> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const query = this.connection.query(found)
    const spec = { path: path`/1.0/instances/${name}/logs/${filename}`, query, read: readText }
    return (await this.connection.request(spec, found)).body
  }

  /**
   * What the image has told of an instance: its properties and templates.
   * @example const { templates } = await driver.ex_getInstanceMetadata('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_metadata_get
   */
  async ex_getInstanceMetadata(instance: LXDName, options?: LXDCallOptions): Promise<LXDImageMetadata> {
    const [name, found] = instanceOf(this.provider, instance, options)
    return this.connection.get(path`/1.0/instances/${name}/metadata`, found)
  }

  /**
   * Replaces what the image has told of an instance.
   * @example
   * ```ts
   * const metadata = await driver.ex_getInstanceMetadata('web-1')
   * await driver.ex_updateInstanceMetadata('web-1', { ...metadata, properties: { os: 'mine' } })
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_metadata_put
   */
  async ex_updateInstanceMetadata(
    instance: LXDName,
    metadata: LXDImageMetadata,
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const spec = { method: 'PUT', path: path`/1.0/instances/${name}/metadata`, json: toRaw(metadata) } as const
    await this.connection.change(spec, found)
  }

  /**
   * Names of an instance's templates.
   * @example const names = await driver.ex_listTemplates('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_metadata_templates_get
   */
  ex_listTemplates(instance: LXDName, options?: LXDCallOptions): Pager<string> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/metadata/templates`
    return this.connection.list(at, found, { query: { recursion: undefined } })
  }

  /**
   * One of an instance's templates.
   * @example const text = await driver.ex_getTemplate('web-1', 'hostname.tpl')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_metadata_templates_get
   */
  async ex_getTemplate(instance: LXDName, template: string, options?: LXDCallOptions): Promise<string> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const query = { ...this.connection.query(found), path: template }
    const spec = { path: path`/1.0/instances/${name}/metadata/templates`, query, read: readText }
    return (await this.connection.request(spec, found)).body
  }

  /**
   * Writes one of an instance's templates.
   * @example await driver.ex_putTemplate('web-1', 'hostname.tpl', '{{ container.name }}')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_metadata_templates_post
   */
  async ex_putTemplate(instance: LXDName, template: string, text: string, options?: LXDCallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const headers = { 'content-type': 'application/octet-stream' }
    const at = path`/1.0/instances/${name}/metadata/templates`
    const spec = { method: 'POST', path: at, query: { path: template }, headers, body: text } as const
    await this.connection.change(spec, found)
  }

  /**
   * Deletes one of an instance's templates.
   * @example await driver.ex_deleteTemplate('web-1', 'hostname.tpl')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_metadata_templates_delete
   */
  async ex_deleteTemplate(instance: LXDName, template: string, options?: LXDCallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/metadata/templates`
    await this.connection.change({ method: 'DELETE', path: at, query: { path: template } }, found)
  }
}
