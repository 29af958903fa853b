/**
 * A notebook's kernel, asked: a message with a number, an answer with the same number.
 * @param {any} model  of a widget
 */
export function asking(model) {
  let last = 0;
  /** @param {string} type @param {object} [question] @returns {Promise<any>} */
  return (type, question = {}) => {
    const id = ++last;
    return new Promise((resolve, reject) => {
      const listen = (message) => {
        if (message?.type !== type || message.id !== id) return;
        model.off("msg:custom", listen);
        if (message.error) reject(new Error(message.error));
        else resolve(message[type]);
      };
      model.on("msg:custom", listen);
      model.send({ type, id, ...question });
    });
  };
}
