"""Charts: Vega-Lite specs from plain values, drawn to SVG. One SVG serves both page and PDF.

One module for each chart, all of one shape: a dataclass for a row of its data, `spec(…)` gives the
specification and `table(…)` the figures behind it. `drawing.svg` draws any of them.
No chart rests on colour alone: cells carry letters, bars carry figures, lines differ in dash.
"""
