import { BaseDriver, implementedMethods, installStubs, isImplemented, type Supporting } from '../driver.js'
import { InvalidRequestError, NotFoundError } from '../errors.js'
import type { VendorMeta } from '../meta.js'
import { type CallOptions, type DriverOptions, operationOf } from '../options.js'
import type { Ref } from '../resource.js'
import { BACKUP, type BackupApi, type BackupMethod } from './api.js'
import {
  type BackupTargetJob,
  BackupTargetType,
  type CreateTargetOptions,
  type ProtectedContainer,
  type ProtectedNode,
} from './types.js'

type Creating<T> = BackupDriver & { createTarget: (target: CreateTargetOptions, options?: CallOptions) => Promise<T> }

/** Its type has no base methods: a driver writes those its provider supports. At run time stubs stand for the rest. */
export abstract class BackupDriver extends BaseDriver {
  /** The kinds of target that the service can protect. */
  abstract readonly targetTypes: readonly BackupTargetType[]

  constructor(vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    super(BACKUP, vendor, options)
  }

  /** Whether the driver has all of these methods. */
  supports<D extends BackupDriver, const M extends readonly [BackupMethod, ...BackupMethod[]]>(
    this: D,
    ...methods: M
  ): this is D & Supporting<BackupApi, M> {
    return methods.every(method => isImplemented(this, method, BACKUP))
  }

  /** The kinds of target that the service can protect. Nothing is asked. */
  getSupportedTargetTypes(): BackupTargetType[] {
    return [...this.targetTypes]
  }

  /** Protects a compute node: its first public address, else its first private one. */
  async createTargetFromNode<T>(this: Creating<T>, node: ProtectedNode, options?: CallOptions): Promise<T> {
    const address = node.publicIps[0] ?? node.privateIps?.[0]
    if (address === undefined) {
      const details = {
        provider: this.provider,
        operation: operationOf(options),
        argument: 'node',
        allowed: 'a node that has an address',
      }
      throw new InvalidRequestError(`createTargetFromNode: 'node' must be ${details.allowed}`, details)
    }
    return this.createTarget({ name: node.name, address, type: BackupTargetType.VIRTUAL }, options)
  }

  /** Protects a storage container: its public address. */
  async createTargetFromStorageContainer<T>(
    this: Creating<T>,
    container: ProtectedContainer,
    options?: CallOptions,
  ): Promise<T> {
    const address = await container.getCdnUrl({ signal: options?.signal, timeout: options?.timeout })
    return this.createTarget({ name: container.name, address, type: BackupTargetType.OBJECT }, options)
  }

  /** One job of a target. @throws NotFoundError */
  async getTargetJob(
    this: BackupDriver & { listTargetJobs: (target: Ref, options?: CallOptions) => AsyncIterable<BackupTargetJob> },
    target: Ref,
    jobId: string,
    options?: CallOptions,
  ): Promise<BackupTargetJob> {
    for await (const job of this.listTargetJobs(target, options)) if (job.id === jobId) return job
    throw new NotFoundError(`getTargetJob: there is no such job`, {
      provider: this.provider,
      operation: operationOf(options),
    })
  }
}

installStubs(BackupDriver, BACKUP)

/** Any backup driver's class, for code that knows the provider only at run time. */
export type BackupDriverClass = new (options: DriverOptions) => BackupDriver

/** The base methods that a driver class has. */
export function supportedMethods(driverClass: { readonly prototype: BackupDriver }): BackupMethod[] {
  return implementedMethods(driverClass, BACKUP) as BackupMethod[]
}
