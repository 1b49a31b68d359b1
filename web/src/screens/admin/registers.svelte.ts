// The registers as the service describes them, and what one does with them. The page knows no table and no field by itself.
import { bytes, call, get, newKey, put, type RowProblem } from '../../lib/api'

export type Value = string | number | boolean | null | unknown[] | Record<string, unknown>
export type Row = Record<string, Value>
export interface Field { name: string; label: string; kind: 'text' | 'whole' | 'number' | 'flag' | 'words' | 'json'; needed: boolean; default: Value; choices: string[]; points_to: string | null; sealed: boolean }
export interface Table { name: string; label: string; help: string; key: string; count: number; geojson: boolean; example: boolean; fields: Field[] }
export interface Version { version: number; valid_from_s: number; valid_to_s: number | null; by: string | null; removed_by: string | null; row: Row }
interface Described { tables: Table[]; map: { bbox: number[]; junctions: number } | null }
interface Previewed { rows: number; warnings?: RowProblem[] }

const TYPES: Record<string, string> = { csv: 'text/csv', json: 'application/json', geojson: 'application/geo+json' }

class Registers {
  described = $state.raw<Described | null>(null)
  /** The register that is shown, or the set-up. */
  at = $state('setup')

  table(name: string): Table | undefined {
    return this.described?.tables.find((each) => each.name === name)
  }
  count(name: string): number {
    return this.table(name)?.count ?? 0
  }
  async load(): Promise<void> {
    this.described = await get<Described>('/registers')
  }
  forget(): void {
    this.described = null
  }
}
export const registers = new Registers()

const path = (...parts: string[]): string => '/registers/' + parts.map(encodeURIComponent).join('/')

export const page = (table: string, words: string, after: string): Promise<{ found: number; rows: Row[] }> => get(`${path(table, 'rows')}?${new URLSearchParams({ words, after })}`)
export const history = async (table: string, key: string): Promise<Version[]> => (await get<{ versions: Version[] }>(path(table, key, 'history'))).versions
export const add = (table: string, row: Row): Promise<unknown> => put(path(table), new Blob([JSON.stringify([row])], { type: 'application/json' }))
export const change = (table: string, key: string, fields: Row): Promise<unknown> => call('PATCH', path(table, key), fields, newKey())
export const remove = (table: string, key: string): Promise<unknown> => call('DELETE', path(table, key), undefined, newKey())

const typed = (file: File): Blob => file.slice(0, file.size, TYPES[file.name.split('.').pop()?.toLowerCase() ?? ''] ?? file.type)
export const preview = (table: string, file: File): Promise<Previewed> => put(`${path(table)}?preview=true`, typed(file))
export const load = (table: string, file: File): Promise<unknown> => put(path(table), typed(file))

/** Saves what the service gives under a name. */
export async function save(table: string, what: 'example' | 'export', form: string): Promise<void> {
  const data = await bytes(what === 'example' ? `${path(table, 'example')}?form=${form}` : `${path(table)}?form=${form}`)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(data)
  link.download = what === 'example' ? `example-${table}.${form}` : `${table}.${form}`
  link.click()
  URL.revokeObjectURL(link.href)
}

/** A value as it stands in a cell or a field. */
export function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join('; ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What somebody typed as the field's kind asks; text that is no such thing goes out as it is, and the service says what is wrong with it. */
export function read(field: Field, typed: string): Value {
  const text = typed.trim()
  if (text === '') return field.needed ? '' : field.default
  if (field.kind === 'words') return text.split(/[;；]/).map((each) => each.trim()).filter(Boolean)
  if (field.kind === 'json') {
    try {
      return JSON.parse(text) as Value
    } catch {
      return text
    }
  }
  if (field.kind === 'flag') return text === 'true'
  const number = Number(text)
  return (field.kind === 'whole' || field.kind === 'number') && Number.isFinite(number) ? number : text
}
