"""How good generated maps are: metrics against human charts, proof that they see, and baselines to beat.

- `metrics`: the table of metrics, a number for a chart each; `probes`: damage that they must see;
  `probe_table`: whether they do.
- `charts`, `bands`, `reference`: a chart and what it is compared with; what human charts are like.
- `evaluating`: what `evaluate.py` does, by `generating`, `matching`, `scoring`, `results`, `tables` and `pages`.
- `object_metrics`, `timing_metrics`, `placement_metrics`, `frechet`: the formulas below.
- `baselines`: onset picking and plain ticks, which any model must outdo; `faults`, `review_metrics`: for reviews.
"""
