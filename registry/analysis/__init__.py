"""Measures and explanations: what needs numpy, pandas, scikit-learn, dalex and plotting libraries, and nothing else.

    worker ── process.py ══ pipes ══▶ python -m registry.analysis ── measures.py (scikit-learn)
                  ▲                                   │            └ explanations.py (dalex) ─▶ drawing.py, browser.py
                  └──── rows to predict, predictions ─┘

The program runs beside the worker, under an interpreter that may be another one: dalex wants an older pandas than the
newest. It knows no database and no model: whatever it wants predicted, it asks the worker for, rows in batches.
Only `process` and `pipe` may be imported by the worker.
"""
