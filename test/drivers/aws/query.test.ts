import { describe, expect, it } from 'vitest'
import { flatten } from '../../../drivers/aws/query.js'

describe('AWS query protocol', () => {
  it('flattens lists and structures, as EC2 and as others want them', () => {
    const params = {
      Filter: [{ Name: 'vpc-id', Value: ['vpc-1', 'vpc-2'] }],
      DryRun: false,
      MaxResults: 5,
      StartTime: new Date('2024-03-01T10:00:00Z'),
      NextToken: undefined,
      Empty: [],
      Placement: { Tenancy: undefined },
    }
    expect(flatten(params, '')).toEqual({
      'Filter.1.Name': 'vpc-id',
      'Filter.1.Value.1': 'vpc-1',
      'Filter.1.Value.2': 'vpc-2',
      DryRun: 'false',
      MaxResults: '5',
      StartTime: '2024-03-01T10:00:00.000Z',
    })
    expect(flatten({ Names: ['a', 'b'] }, '.member')).toEqual({ 'Names.member.1': 'a', 'Names.member.2': 'b' })
  })
})
