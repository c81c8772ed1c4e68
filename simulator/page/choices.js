// What was chosen here and is on its way to the simulator.
// The trap: what was asked for before the simulator took a choice may be heard after, and tells how it was before.

import { change } from "./api.js";

export class Choices {
  /** `onChange()` when one is made, and when one that the simulator did not take falls away. */
  constructor({ onChange }) {
    this.onChange = onChange;
    this.underWay = [];
    this.taken = 0; // how many the simulator took so far
    this.last = Promise.resolve();
  }

  /** `person` as chosen here, whatever the simulator knows of it. */
  of(person) {
    return Object.assign({}, person, ...this.underWay.filter(({ waId }) => waId === person.wa_id).map(({ changes }) => changes));
  }

  /** Shows at once, and is sent after those before it; throws when the simulator did not take it. */
  async make(waId, changes) {
    const choice = { waId, changes };
    this.underWay.push(choice);
    this.onChange();
    const sent = this.last.then(() => change(waId, changes));
    this.last = sent.catch(() => {});
    try {
      const person = await sent;
      this.taken += 1;
      return person;
    } finally {
      this.underWay.splice(this.underWay.indexOf(choice), 1);
    }
  }
}
