"""The Telltale collector: receive, decode, keep (WAL), settle (dialects, enrich), store, show."""
