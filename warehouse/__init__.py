"""Everything on disk: engine, SQL, published Parquet, registry, artifacts. Not here: modelling."""
