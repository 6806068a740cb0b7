/** Texts that the format itself gives (constants, mapped values): written once per slice to the begin of the arena. */
export class Constants {
  private readonly encoder = new TextEncoder();
  private readonly places = new Map<string, { offset: number; length: number }>();
  private bytes: number[] = [];

  /** Where the text stands, relative to the row's `constantsStart`. */
  place(text: string): { offset: number; length: number } {
    let place = this.places.get(text);
    if (place === undefined) {
      const encoded = this.encoder.encode(text);
      place = { offset: this.bytes.length, length: encoded.length };
      this.bytes.push(...encoded);
      this.places.set(text, place);
    }
    return place;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}
