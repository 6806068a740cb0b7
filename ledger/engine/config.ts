/** The engine's own configuration: small caches and pools, because rating needs the same machine. */
import os from 'node:os';

export interface EngineOptions {
  /** Folder of the engine's data; created when it is missing. */
  path: string;
  /** Ceiling for everything the engine allocates. */
  memoryBytes: number;
  /** Largest body of one insert; larger ones are refused with 413. */
  maxInsertBytes: number;
  /** Added to the process priority: 0 to 19. */
  nice: number;
  /** Where to listen and with which token, for an engine that stands in for a server; otherwise free and random ones. */
  fixed?: { port: number; token: string };
}

export function engineConfigXml(options: EngineOptions): string {
  const cache = Math.min(64 << 20, Math.floor(options.memoryBytes / 16));
  return `<clickhouse>
  <max_server_memory_usage>${options.memoryBytes}</max_server_memory_usage>
  <mark_cache_size>${cache}</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_mark_cache_size>${cache >> 2}</index_mark_cache_size>
  <primary_index_cache_size>${cache}</primary_index_cache_size>
  <query_condition_cache_size>${cache >> 2}</query_condition_cache_size>
  <mmap_cache_size>100</mmap_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>2</background_schedule_pool_size>
  <background_common_pool_size>1</background_common_pool_size>
  <max_io_thread_pool_size>16</max_io_thread_pool_size>
</clickhouse>
`;
}

/** Settings every session starts with. A request's own settings stand in its SQL text and override them there. */
export function sessionArguments(configFile: string, options: EngineOptions): string[] {
  const spill = Math.floor(options.memoryBytes / 3);
  return [
    `--config-file=${configFile}`,
    '--async_insert=0',
    '--output_format_json_quote_64bit_integers=1',
    '--output_format_json_quote_decimals=1',
    '--output_format_decimal_trailing_zeros=1',
    '--date_time_overflow_behavior=throw',
    `--max_threads=${Math.max(1, Math.min(8, os.availableParallelism()))}`,
    `--max_bytes_before_external_sort=${spill}`,
    `--max_bytes_before_external_group_by=${spill}`,
  ];
}
