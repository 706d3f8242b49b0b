// Search results: chapters before reports. The numbers at the end are Sphinx's own.
var Scorer = {
  score: ([page, title, anchor, description, score]) => score + (page.startsWith("notebooks/") ? 100 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
// Opened as files, pages may not read one another: no lines of them below the results.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
