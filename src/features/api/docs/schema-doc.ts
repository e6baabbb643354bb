import type { TSchema } from 'elysia'

// Turns JSON schemas into documentation for people.

type Field = { name: string; type: string; description: string }

export const exampleOf = (schema: TSchema) =>
  JSON.stringify(example(schema), null, 2).replace(/\[\s+("[^"]*")\s+\]/g, '[$1]')

function example(schema: TSchema): unknown {
  if (schema.examples) return schema.examples[0]
  if (schema.anyOf) return example(schema.anyOf[0])
  if (schema.items) return [example(schema.items)]
  const required = propertiesOf(schema).filter(
    ([name, property]) => property.examples || schema.required.includes(name),
  )
  return Object.fromEntries(required.map(([name, property]) => [name, example(property)]))
}

/** Lists the fields, including the fields of objects in lists. */
export const describeFields = (schema: TSchema, prefix = ''): Field[] =>
  propertiesOf(schema).flatMap(([name, property]) => [
    { name: prefix + name, type: typeOf(property), description: property.description ?? '' },
    ...(property.items ? describeFields(property.items, `${prefix}${name}[].`) : []),
  ])

const propertiesOf = (schema: TSchema) => Object.entries<TSchema>(schema.properties ?? {})

function typeOf(schema: TSchema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.items) return `list of ${schema.items.enum ? typeOf(schema.items) : `${schema.items.type}s`}`
  if (schema.enum) return schema.enum.map((one: string) => `"${one}"`).join(' | ')
  return schema.format === 'date-time' ? 'time' : schema.type
}
