import { LibcloudError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { readXml } from './connection.js'
import { S3ManageStorageDriver } from './s3.manage.js'
import { document, escaped } from './s3.shapes.js'
import { NO_BUCKET, NO_OBJECT } from './s3.shared.js'
import type { S3ReadOptions, S3StorageClass } from './s3.types.js'

/** What the service does with objects by itself, as they grow old. All ages are in days. */
export interface S3LifecycleRule {
  readonly id?: string | undefined
  /** @defaultValue true */
  readonly isEnabled?: boolean | undefined
  /** Only objects whose names begin with this. */
  readonly prefix?: string | undefined
  /** Only objects with all of these tags. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** Age at which objects are deleted. */
  readonly expireAfter?: number | undefined
  /** Age at which versions that are no longer the newest are deleted. */
  readonly expireOldVersionsAfter?: number | undefined
  /** Age at which uploads in parts that are not complete are given up. */
  readonly abortUploadsAfter?: number | undefined
  /** Ages at which objects are kept in another way. */
  readonly transitions?: readonly { readonly after: number; readonly storageClass: S3StorageClass }[] | undefined
}

interface RawTag {
  Key?: string
  Value?: string
}
interface RawRule {
  ID?: string
  Status?: string
  Prefix?: string
  Filter?: { Prefix?: string; Tag?: RawTag; And?: { Prefix?: string; Tag: RawTag[] } }
  Expiration?: { Days?: number }
  NoncurrentVersionExpiration?: { NoncurrentDays?: number }
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation?: number }
  Transition: { Days?: number; StorageClass?: string }[]
}

const TAG = xml.object({ Key: xml.string, Value: xml.string })
const RULES: xml.XmlShape<{ Rule: RawRule[] }> = xml.named(
  'LifecycleConfiguration',
  xml.object({
    Rule: xml.list(
      xml.object({
        ID: xml.string,
        Status: xml.string,
        Prefix: xml.string,
        Filter: xml.object({
          Prefix: xml.string,
          Tag: TAG,
          And: xml.object({ Prefix: xml.string, Tag: xml.list(TAG) }),
        }),
        Expiration: xml.object({ Days: xml.number }),
        NoncurrentVersionExpiration: xml.object({ NoncurrentDays: xml.number }),
        AbortIncompleteMultipartUpload: xml.object({ DaysAfterInitiation: xml.number }),
        Transition: xml.list(xml.object({ Days: xml.number, StorageClass: xml.string })),
      }),
    ),
  }),
)

/** What becomes of objects with time. */
export abstract class S3LifecycleStorageDriver<P extends string> extends S3ManageStorageDriver<P> {
  /**
   * The rules by which a bucket's objects are moved and deleted; none where there are none.
   *
   * @example
   * const rules = await driver.ex_getLifecycleRules({ name: 'bucket' })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
   */
  async ex_getLifecycleRules(container: NamedRef, options?: CallOptions): Promise<S3LifecycleRule[]> {
    const spec = { bucket: container.name, query: { lifecycle: '' }, read: readXml(RULES), errors: NO_BUCKET }
    try {
      return (await this.connection.ask(spec, options)).body.Rule.map(toRule)
    } catch (error) {
      if (error instanceof LibcloudError && error.providerCode === 'NoSuchLifecycleConfiguration') return []
      throw error
    }
  }

  /**
   * Gives a bucket these rules and no others.
   *
   * @example
   * await driver.ex_setLifecycleRules({ name: 'bucket' }, [{ prefix: 'logs/', expireAfter: 90, abortUploadsAfter: 7 }])
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
   */
  async ex_setLifecycleRules(
    container: NamedRef,
    rules: readonly S3LifecycleRule[],
    options?: CallOptions,
  ): Promise<void> {
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: container.name,
        query: { lifecycle: '' },
        xml: document('LifecycleConfiguration', rules.map(fromRule).join('')),
        read: readNothing,
        errors: NO_BUCKET,
      },
      options,
    )
  }

  /**
   * Takes all rules from a bucket: its objects are kept as they are, for ever.
   *
   * @example
   * await driver.ex_deleteLifecycleRules({ name: 'bucket' })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html
   */
  async ex_deleteLifecycleRules(container: NamedRef, options?: CallOptions): Promise<void> {
    const query = { lifecycle: '' }
    const spec = { method: 'DELETE', bucket: container.name, query, read: readNothing, errors: NO_BUCKET } as const
    await this.connection.ask(spec, options)
  }

  /**
   * Brings an archived object back for some days. It takes minutes to hours: `getObject` tells in `extra.restore` whether
   * it is done.
   *
   * @example
   * await driver.ex_restoreObject({ name: 'a', container: { name: 'bucket' } }, 7)
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
   */
  async ex_restoreObject(object: ObjectRef, days: number, options?: S3RestoreOptions): Promise<void> {
    const { ex_versionId, ex_tier = 'Standard' } = options ?? {}
    const job = `<GlacierJobParameters><Tier>${escaped(ex_tier)}</Tier></GlacierJobParameters>`
    await this.connection.ask(
      {
        method: 'POST',
        bucket: object.container.name,
        key: object.name,
        query: { restore: '', versionId: ex_versionId },
        xml: document('RestoreRequest', `${numbered('Days', days)}${job}`),
        read: readNothing,
        errors: NO_OBJECT,
      },
      options,
    )
  }
}

export interface S3RestoreOptions extends S3ReadOptions {
  /** How fast, and for how much. @defaultValue 'Standard' */
  ex_tier?: 'Standard' | 'Bulk' | 'Expedited' | undefined
}

const numbered = (name: string, value: number | undefined): string =>
  value === undefined ? '' : `<${name}>${Number(value)}</${name}>`
const within = (name: string, content: string): string => (content === '' ? '' : `<${name}>${content}</${name}>`)

function fromRule(rule: S3LifecycleRule): string {
  const { id, isEnabled = true, expireAfter, expireOldVersionsAfter, abortUploadsAfter, transitions = [] } = rule
  const moves = transitions.map(({ after, storageClass }) =>
    within('Transition', `${numbered('Days', after)}<StorageClass>${escaped(storageClass)}</StorageClass>`),
  )
  const parts = [
    id === undefined ? '' : `<ID>${escaped(id)}</ID>`,
    `<Filter>${filterOf(rule)}</Filter>`,
    `<Status>${isEnabled ? 'Enabled' : 'Disabled'}</Status>`,
    ...moves,
    within('Expiration', numbered('Days', expireAfter)),
    within('NoncurrentVersionExpiration', numbered('NoncurrentDays', expireOldVersionsAfter)),
    within('AbortIncompleteMultipartUpload', numbered('DaysAfterInitiation', abortUploadsAfter)),
  ]
  return `<Rule>${parts.join('')}</Rule>`
}

/** Several conditions stand within an element of their own. */
function filterOf({ prefix, tags = {} }: S3LifecycleRule): string {
  const named = Object.entries(tags).map(
    ([name, value]) => `<Tag><Key>${escaped(name)}</Key><Value>${escaped(value)}</Value></Tag>`,
  )
  const start = prefix === undefined ? [] : [`<Prefix>${escaped(prefix)}</Prefix>`]
  const all = [...start, ...named]
  if (all.length === 0) return '<Prefix></Prefix>'
  return all.length === 1 ? (all[0] as string) : `<And>${all.join('')}</And>`
}

function toRule(raw: RawRule): S3LifecycleRule {
  const { Filter } = raw
  const tags = Filter?.And?.Tag ?? (Filter?.Tag === undefined ? [] : [Filter.Tag])
  return {
    id: raw.ID,
    isEnabled: raw.Status === 'Enabled',
    prefix: Filter?.And?.Prefix ?? Filter?.Prefix ?? raw.Prefix,
    tags: Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    expireAfter: raw.Expiration?.Days,
    expireOldVersionsAfter: raw.NoncurrentVersionExpiration?.NoncurrentDays,
    abortUploadsAfter: raw.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    transitions: raw.Transition.map(({ Days = 0, StorageClass = '' }) => ({ after: Days, storageClass: StorageClass })),
  }
}
