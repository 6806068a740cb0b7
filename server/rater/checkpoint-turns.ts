/** When the rater's checkpoint is due: after so many records, after so many bytes of usage, or when somebody waits for one. */
const CHECKPOINT_BYTES = 1024 ** 3;

export class CheckpointTurns {
  private readonly recordsMax: number;
  private readonly bytesMax: number;
  private records = 0;
  private bytes = 0;
  /** Size of the last state: where it is large, a checkpoint is dear, and made less often. */
  private stateBytes = 0;
  /** Who waits for a checkpoint: one is due as soon as nothing is under way. */
  private waiting: (() => void)[] = [];

  constructor(recordsMax: number, bytesMax = CHECKPOINT_BYTES) {
    this.recordsMax = recordsMax;
    this.bytesMax = bytesMax;
  }

  /** What was counted belongs to another run. */
  begin(): void {
    this.records = 0;
    this.bytes = 0;
  }

  noteRecords(count: number): void {
    this.records += count;
  }

  noteRead(bytes: number): void {
    this.bytes += bytes;
  }

  get due(): boolean {
    const { records, recordsMax, bytes, bytesMax, stateBytes, waiting } = this;
    return records >= recordsMax || bytes >= Math.max(bytesMax, stateBytes) || waiting.length > 0;
  }

  /** Resolves when the next checkpoint was made. */
  want(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** `make` is given the bytes of usage since the last one, and says how large the state was; null: nothing to keep. */
  async keep(make: (bytes: number) => Promise<number | null>): Promise<void> {
    const { bytes } = this;
    this.begin();
    this.stateBytes = (await make(bytes)) ?? this.stateBytes;
    for (const made of this.waiting.splice(0)) made();
  }
}
