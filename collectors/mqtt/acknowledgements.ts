/**
 * PUBACKs that wait for their message to be durable. They leave in the order in which the messages came (MQTT 3.1.1 section
 * 4.6), many in one write.
 */
interface Open {
  messageId: number;
  durable: boolean;
}

export class Acknowledgements {
  private readonly open: Open[] = [];
  private readonly send: (messageIds: readonly number[]) => void;
  private scheduled = false;
  private closed = false;

  constructor(send: (messageIds: readonly number[]) => void) {
    this.send = send;
  }

  get waiting(): number {
    return this.open.length;
  }

  /** Call the result when the message is durable. */
  expect(messageId: number): () => void {
    const one = { messageId, durable: false };
    this.open.push(one);
    return () => {
      one.durable = true;
      if (this.scheduled || this.closed || !this.open[0].durable) return;
      this.scheduled = true;
      setImmediate(() => this.flush());
    };
  }

  flush(): void {
    this.scheduled = false;
    if (this.closed) return;
    const after = this.open.findIndex(({ durable }) => !durable);
    const ready = this.open.splice(0, after < 0 ? this.open.length : after);
    if (ready.length > 0) this.send(ready.map(({ messageId }) => messageId));
  }

  /** The connection is over: its numbers mean nothing in the next one, where the broker sends these messages again. */
  close(): void {
    this.closed = true;
    this.open.length = 0;
  }
}
