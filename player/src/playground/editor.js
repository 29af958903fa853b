/*! CodeMirror 6: MIT License, Copyright (C) 2018-2026 by Marijn Haverbeke and others. */
/** The text as an editor: lines with numbers, YAML in colours, and what is wrong at its line. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: "light-dark(#636b78,#93a0b1)", fontStyle: "italic" },
  { tag: tags.propertyName, color: "light-dark(#7a2bb5,#c8a2ff)" },
  { tag: [tags.string, tags.content], color: "light-dark(#146b3a,#8fd9a8)" },
  { tag: [tags.separator, tags.punctuation, tags.bracket, tags.meta], color: "var(--soft)" },
]);

const LOOK = EditorView.theme({
  "&": { fontSize: ".8rem", color: "var(--ink)", backgroundColor: "transparent", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", fontVariantLigatures: "none" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb,var(--accent) 9%,transparent)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb,var(--accent) 26%,transparent)",
  },
  ".cm-tooltip": { background: "var(--panel)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad)",
    textDecorationSkipInk: "none",
  },
});

/**
 * Put an editor into an element.
 * @param {HTMLElement} parent @param {string} text @param {string} label
 * @param {(text: string) => void} changed  told of every change, before it is coloured and shown
 */
export function edit(parent, text, label, changed) {
  const state = (doc) =>
    EditorState.create({
      doc,
      extensions: [
        lineNumbers(),
        history(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        lintGutter(),
        yaml(),
        syntaxHighlighting(COLOURS),
        LOOK,
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      ],
    });
  const view = new EditorView({
    parent,
    state: state(text),
    dispatchTransactions(all, view) {
      if (all.some(({ docChanged }) => docChanged)) changed(String(all.at(-1).newDoc));
      view.update(all);
    },
  });
  const line = (number) => view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
  return {
    /** @param {string} text */
    set: (text) => view.setState(state(text)),
    focus: () => view.focus(),
    /** Show what is wrong, at its line. @param {{line: number|null, said: string}|null} wrong */
    mark(wrong) {
      const at = wrong?.line ? line(wrong.line) : null;
      const indent = at ? at.text.search(/\S|$/) : 0;
      const found = at
        ? [
            {
              from: at.from + indent,
              to: at.to,
              severity: /** @type {const} */ ("error"),
              message: wrong.said,
            },
          ]
        : [];
      view.dispatch(setDiagnostics(view.state, found));
    },
    /** @param {number} number */
    go(number) {
      const { from } = line(number);
      const centred = EditorView.scrollIntoView(from, { y: "center" });
      view.dispatch({ selection: { anchor: from }, effects: centred });
      view.focus();
    },
  };
}
