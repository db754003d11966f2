import type { CredentialSource } from './credentials.js'
import type { Pacing } from './options.js'

/** The six APIs. */
export type ApiName = 'compute' | 'storage' | 'dns' | 'loadbalancer' | 'container' | 'backup'

/** One driver of a vendor. */
export interface DriverMeta {
  readonly api: ApiName
  /** The provider constant: `Provider.DIGITAL_OCEAN`. Its value is the same in lower case. */
  readonly constant: string
  /** The class's name. */
  readonly class: string
  /** The file in the vendor's folder that holds the class, without its ending. */
  readonly file: string
  /** The version of the provider's API that is spoken. */
  readonly apiVersion: string
  /** How the provider is reached. What is not HTTP runs the conformance suite on the thing itself. */
  readonly transport: 'http' | 'memory' | 'files' | 'command'
  /** Other vendors behind the same code: a table of data, from which a class each is generated. */
  readonly family?: FamilyMeta | undefined
  /** Other constants for the same class, each with its region. */
  readonly aliases?: readonly { readonly constant: string; readonly region?: string }[] | undefined
  /** How creations are kept from happening twice: a token that the provider knows, or never sending one again. */
  readonly idempotency: 'token' | 'none'
  /** Groups of the conformance suite, or `method` or `method:group`, that do not fit, each with the reason. */
  readonly exempt?: Readonly<Record<string, string>> | undefined
}

/** How the classes of a family are generated. They stand in `<file>.vendors.gen.ts`, where `file` is the driver's. */
export interface FamilyMeta {
  /** The class in the driver's file that they extend: generic over the provider's name, made of a row and options. */
  readonly base: string
  /** The type of its options in the same file, generic over the names of the regions. */
  readonly options: string
}

/** One vendor of a family: a row of `VENDORS` in `<file>.vendors.ts`, which adds what the family's code needs to know. */
export interface FamilyMember<P extends string = string> {
  /** The provider constant's value: `'wasabi'` for `Provider.WASABI`. */
  readonly provider: P
  /** The class's name. */
  readonly class: string
  /** As the vendor writes it. */
  readonly name: string
  /** The vendor's own page on it. */
  readonly docs: string
  /** The vendor's regions; none where any name will do. */
  readonly regions?: readonly string[] | undefined
  /** Taken when no region is given. */
  readonly region?: string | undefined
}

/** A family's row. */
export function memberOf<P extends string, M extends FamilyMember>(
  vendors: readonly M[],
  provider: P,
): M & FamilyMember<P> {
  const found = vendors.find(each => each.provider === provider)
  if (found === undefined) throw new TypeError(`No row for '${provider}': run the generator`)
  return found as M & FamilyMember<P>
}

/** All there is to know of a vendor beside its code. */
export interface VendorMeta {
  /** The folder's name. */
  readonly vendor: string
  /** As the vendor writes it. */
  readonly name: string
  /** The vendor's home page. */
  readonly website: string
  /** The API's documentation. */
  readonly docs: string
  /** Constructor options, and where they come from when they are not given, in the order of look-up. */
  readonly credentials: readonly CredentialSource[]
  /** What the vendor documents as its limit. */
  readonly pacing?: Pacing | undefined
  readonly drivers: readonly DriverMeta[]
}
