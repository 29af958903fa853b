/** Which one? What every answer says of every mode, added up: pure functions. */

/**
 * @typedef {{is: "no"|"if"|"plus", why: string, see: string}} Reason
 * @typedef {{id: string, say: string, judges: (number|null)[]}} Answer
 * @typedef {{id: string, ask: string, answers: Answer[]}} Question
 * @typedef {{key: string, name: string, title: string, rank: number, bytes: number}} Mode
 * @typedef {{modes: Mode[], questions: Question[], reasons: Reason[]}} Data
 * @typedef {Record<string, string>} Given  answers by the questions' names
 * @typedef {{mode: Mode, no: Reason[], if: Reason[], plus: Reason[]}} Weighed
 */

/** @param {Question} question @param {Given} given */
export const answerTo = ({ id, answers }, given) =>
  answers.find((each) => each.id === given[id]) ?? answers[0];

/**
 * Every mode with what speaks for and against it.
 * @param {Data} data @param {Given} given @returns {Weighed[]}
 */
function weighed({ modes, questions, reasons }, given) {
  const answers = questions.map((question) => answerTo(question, given));
  return modes.map((mode, k) => {
    const said = answers.flatMap(({ judges }) => (judges[k] === null ? [] : [reasons[judges[k]]]));
    const of = (verdict) => said.filter((reason) => reason.is === verdict);
    return { mode, no: of("no"), if: of("if"), plus: of("plus") };
  });
}

const score = (each) => each.plus.length - each.if.length;

/**
 * What fits, the best first, and what does not: the most that speaks for it, then the fewest parts to
 * operate, then the fewest bytes.
 * @param {Data} data @param {Given} given
 */
export function weigh(data, given) {
  const all = weighed(data, given);
  const fits = all.filter((each) => !each.no.length);
  fits.sort((a, b) => score(b) - score(a) || a.mode.rank - b.mode.rank || a.mode.bytes - b.mode.bytes);
  return { fits, out: all.filter((each) => each.no.length) };
}

/**
 * The single answers that would lead elsewhere, with where.
 * @param {Data} data @param {Given} given
 */
export function turns(data, given) {
  const best = weigh(data, given).fits[0].mode;
  return data.questions.flatMap((question) =>
    question.answers
      .filter((answer) => answer !== answerTo(question, given))
      .map((answer) => ({
        question,
        answer,
        mode: weigh(data, { ...given, [question.id]: answer.id }).fits[0].mode,
      }))
      .filter(({ mode }) => mode !== best),
  );
}
