"""Open data: what may be reused, under which licence, with which columns, month by month as CSV and Parquet."""
