// Replies of the Blob service, as they are written.
import { XmlReader, xml } from '../../lib/http/xml.js'

/** Reads a reply by a shape. */
export function readXml<T>(shape: xml.XmlShape<T>): (body: Buffer) => T {
  return body => {
    const reader = new XmlReader(shape)
    reader.write(body)
    return reader.end()
  }
}

type Element = xml.Infer<typeof xml.element>

/** A container, as lists tell it. */
export interface RawContainer {
  Name?: string
  Properties?: {
    'Last-Modified'?: Date
    Etag?: string
    LeaseStatus?: string
    LeaseState?: string
    PublicAccess?: string
  }
  Metadata?: Element
}
/** A blob, as lists tell it. */
export interface RawBlob {
  /** A name that XML has no words for is percent-encoded, and says so. */
  Name?: Element
  Snapshot?: string
  VersionId?: string
  Deleted?: boolean
  Properties?: {
    'Creation-Time'?: Date
    'Last-Modified'?: Date
    Etag?: string
    'Content-Length'?: number
    'Content-Type'?: string
    'Content-Encoding'?: string
    'Content-MD5'?: string
    BlobType?: string
    AccessTier?: string
    ArchiveStatus?: string
    LeaseStatus?: string
    LeaseState?: string
  }
  Metadata?: Element
}
export interface RawBlock {
  Name?: string
  Size?: number
}

const CONTAINER: xml.XmlShape<RawContainer> = xml.object({
  Name: xml.string,
  Properties: xml.object({
    'Last-Modified': xml.date,
    Etag: xml.string,
    LeaseStatus: xml.string,
    LeaseState: xml.string,
    PublicAccess: xml.string,
  }),
  Metadata: xml.element,
})
export const CONTAINERS: xml.XmlShape<{ Containers: RawContainer[]; NextMarker?: string }> = xml.object({
  Containers: xml.wrapped('Container', CONTAINER),
  NextMarker: xml.string,
})

const BLOB: xml.XmlShape<RawBlob> = xml.object({
  Name: xml.element,
  Snapshot: xml.string,
  VersionId: xml.string,
  Deleted: xml.boolean,
  Properties: xml.object({
    'Creation-Time': xml.date,
    'Last-Modified': xml.date,
    Etag: xml.string,
    'Content-Length': xml.number,
    'Content-Type': xml.string,
    'Content-Encoding': xml.string,
    'Content-MD5': xml.string,
    BlobType: xml.string,
    AccessTier: xml.string,
    ArchiveStatus: xml.string,
    LeaseStatus: xml.string,
    LeaseState: xml.string,
  }),
  Metadata: xml.element,
})
export const BLOBS: xml.XmlShape<{ Blobs: RawBlob[]; NextMarker?: string }> = xml.object({
  Blobs: xml.wrapped('Blob', BLOB),
  NextMarker: xml.string,
})

const BLOCK: xml.XmlShape<RawBlock> = xml.object({ Name: xml.string, Size: xml.number })
export const BLOCKS: xml.XmlShape<{ CommittedBlocks: RawBlock[]; UncommittedBlocks: RawBlock[] }> = xml.object({
  CommittedBlocks: xml.wrapped('Block', BLOCK),
  UncommittedBlocks: xml.wrapped('Block', BLOCK),
})

export const TAGS: xml.XmlShape<{ TagSet: { Key?: string; Value?: string }[] }> = xml.object({
  TagSet: xml.wrapped('Tag', xml.object({ Key: xml.string, Value: xml.string })),
})
export const PAGES: xml.XmlShape<{ PageRange: { Start?: number; End?: number }[] }> = xml.object({
  PageRange: xml.list(xml.object({ Start: xml.number, End: xml.number })),
})

/** Text of an element or attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, char => `&#${char.charCodeAt(0)};`)
}

/** A name as lists write it. */
export function nameOf(element: Element | undefined): string {
  const text = element?.text ?? ''
  return element?.attributes.get('Encoded') === 'true' ? decodeURIComponent(text) : text
}

/** Names and values of `<Metadata>`, whose elements are called after them. */
export function metadataOf(element: Element | undefined): Record<string, string> {
  const values: [string, string][] = (element?.children ?? []).map(each => [each.name.toLowerCase(), each.text])
  return Object.fromEntries(values)
}
