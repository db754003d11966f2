/** What a price table is about. */
export type PricingDriverType = 'compute' | 'storage'

/** A size's price, or its price by region. */
export type Price = number | Readonly<Record<string, number>>

/** What is known of all figures of a table. */
export interface PriceTableMeta {
  /** Three letters of ISO 4217: `'USD'`. */
  readonly currency: string
  /** What one price buys: `'hour'`, `'GiB-hour'`, `'vCPU-hour'`, `'GB-month'`. */
  readonly unit: string
  /** When the figures were taken: `'2023-08-06'`, or `'2023-08'`. */
  readonly date: string
  /** Who says so. */
  readonly source: string
  /** The provider constant: `'EC2'`. */
  readonly provider?: string | undefined
  /** What to know before these figures are relied on. */
  readonly note?: string | undefined
}

/** Prices, as {@link setPricing} takes them. */
export interface PriceTableInput extends PriceTableMeta {
  /** By the size's id. What is not known is not there: no price is 0. */
  readonly prices: Readonly<Record<string, Price>>
}

/** One provider's prices, with where they come from. It cannot be changed: {@link setPricing} takes another. */
export interface PriceTable extends PriceTableInput {
  readonly driverType: PricingDriverType
  /** The table's name: `'ec2_linux'`. */
  readonly driverName: string
}
