// What search puts first: of two pages that hold the words equally well, the page of symptoms. Numbers are those of Sphinx's own scorer, which this one replaces.
var Scorer = {
  score: ([docname, , , , score]) => (docname === "book/symptoms" ? score + 8 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
